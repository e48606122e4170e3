import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { ChunkBody, Message } from '../../alwayson/codec/message.js';
import { messageOf } from '../../core/errors.js';
import type { CommandIo } from '../command-io.js';
import { EXIT } from '../exit-codes.js';

const EXAMPLES = `
A frame is one line of hex; blanks and | are ignored, # starts a comment. Its JSON is one line, too.

Examples:
  echo '01 40 00000014 0a0b0c0d 01020304 00 | 00 ff' | twx-iothub frames decode
  twx-iothub frames decode < capture.txt | jq .body
  twx-iothub frames decode --show-secrets < capture.txt | twx-iothub frames encode`;

/** `frames decode|encode`: AlwaysOn frames in hex to JSON and back. */
export function registerFrames(program: Command, io: CommandIo): void {
  const frames = program
    .command('frames')
    .description('read and write AlwaysOn frames: hex to JSON and back')
    .addHelpText('after', EXAMPLES);
  frames
    .command('decode')
    .description('read frames in hex from stdin, print a JSON object each')
    .option('--show-secrets', 'show application keys instead of masking them', false)
    .addHelpText('after', EXAMPLES)
    .action(({ showSecrets }: { readonly showSecrets: boolean }) => decodeFrames(io, showSecrets));
  frames
    .command('encode')
    .description('read the JSON of decode from stdin, print hex')
    .addHelpText('after', EXAMPLES)
    .action(() => encodeFrames(io));
}

async function decodeFrames(io: CommandIo, showSecrets: boolean): Promise<void> {
  const { frameFromHexLine } = await import('../../alwayson/codec/frame-hex.js');
  const { frameErrorToJson, frameToJson } = await import('../../alwayson/codec/frame-json.js');
  const { decodeMessage } = await import('../../alwayson/codec/frame.js');
  const { MultipartJoiner } = await import('../../alwayson/codec/multipart.js');
  const joiner = new MultipartJoiner();
  const print = (json: unknown): void => void io.stdout.write(`${JSON.stringify(json)}\n`);
  const decodeLine = (line: string): void => {
    const frame = frameFromHexLine(line);
    if (frame === undefined) return;
    const message = decodeMessage(frame);
    print(frameToJson(message, { showSecrets }));
    // The lines of a file have no time: nothing gets too old.
    const joined = isChunk(message) ? joiner.add(message, 0) : undefined;
    if (joined !== undefined) print({ ...frameToJson(joined, { showSecrets }), reassembled: true });
  };
  const failed = await forEachLine(io, decodeLine, (error) => print(frameErrorToJson(error)));
  io.exit(failed ? EXIT.failed : EXIT.done);
}

async function encodeFrames(io: CommandIo): Promise<void> {
  const { frameFromJson } = await import('../../alwayson/codec/frame-json.js');
  const { encodeMessage } = await import('../../alwayson/codec/frame.js');
  const encodeLine = (line: string): void => {
    if (line.trim() === '') return;
    const json: unknown = JSON.parse(line);
    // Its chunks are there as well, each on a line of its own.
    if (isReassembled(json)) return;
    const { header, body } = frameFromJson(json);
    io.stdout.write(`${encodeMessage(header, body).toString('hex')}\n`);
  };
  const failed = await forEachLine(io, encodeLine, (error, lineNumber) => {
    io.stderr.write(`error: line ${lineNumber}: ${messageOf(error)}\n`);
  });
  io.exit(failed ? EXIT.failed : EXIT.done);
}

/** Hands on each line of stdin, and what it threw. Resolves with whether any line did. */
async function forEachLine(
  io: CommandIo,
  onLine: (line: string) => void,
  onError: (error: unknown, lineNumber: number) => void,
): Promise<boolean> {
  let lineNumber = 0;
  let failed = false;
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber++;
    try {
      onLine(line);
    } catch (error) {
      failed = true;
      onError(error, lineNumber);
    }
  }
  return failed;
}

const isChunk = (message: Message): message is Message<ChunkBody> => message.body.kind === 'chunk';

const isReassembled = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'reassembled' in json && json.reassembled === true;
