import type { Command } from 'commander';
import type { ChunkBody, Message } from '../../alwayson/codec/message.js';
import { messageOf } from '../../core/errors.js';
import { limitExceeded } from '../../alwayson/codec/codec-errors.js';
import { boundedLines, TOO_LONG } from '../line-streams.js';
import type { CommandIo } from '../command-io.js';
import { EXIT } from '../exit-codes.js';
import { LineOutput } from '../line-streams.js';

const EXAMPLES = `
A frame is one line of hex; spaces and | are ignored, # starts a comment. Its JSON is one line, too. The last chunk of a
message is followed by the reassembled message; incomplete messages are reported after all other lines.

Examples:
  echo '01 40 00000014 0a0b0c0d 01020304 00 | 00 ff' | twx-iothub frames decode
  twx-iothub frames decode < capture.txt | jq .body
  twx-iothub frames decode --show-secrets < capture.txt | twx-iothub frames encode`;

/** `frames decode|encode`: AlwaysOn frames in hex to JSON and back. */
export function registerFrames(program: Command, io: CommandIo): void {
  const frames = program
    .command('frames')
    .description('decode and encode AlwaysOn frames: hex to JSON and back')
    .addHelpText('after', EXAMPLES);
  frames
    .command('decode')
    .description('read frames in hex from stdin and print each as a JSON object')
    .option('--show-secrets', 'show application keys instead of masking them', false)
    .addHelpText('after', EXAMPLES)
    .action(({ showSecrets }: { readonly showSecrets: boolean }) => decodeFrames(io, showSecrets));
  frames
    .command('encode')
    .description('read the JSON of decode from stdin and print hex')
    .addHelpText('after', EXAMPLES)
    .action(() => encodeFrames(io));
}

/** Maximum number of characters in a line, far more than the longest frame has in hex or JSON. */
const MAX_LINE_LENGTH = 64 * 1_048_576;

async function decodeFrames(io: CommandIo, showSecrets: boolean): Promise<void> {
  const { CaptureJoiner } = await import('../../alwayson/codec/capture-joiner.js');
  const { frameFromHexLine } = await import('../../alwayson/codec/frame-hex.js');
  const { frameErrorToJson, frameToJson } = await import('../../alwayson/codec/frame-json.js');
  const { decodeMessage } = await import('../../alwayson/codec/frame.js');
  const joiner = new CaptureJoiner();
  const output = new LineOutput(io.stdout);
  const decodeLine = (line: string): void => {
    const frame = frameFromHexLine(line);
    if (frame === undefined) return;
    const message = decodeMessage(frame);
    output.json(frameToJson(message, { showSecrets }));
    const joined = isChunk(message) ? joiner.add(message) : undefined;
    if (joined !== undefined) output.json({ ...frameToJson(joined, { showSecrets }), reassembled: true });
  };
  const failed = await forEachLine(io, output, {
    onLine: decodeLine,
    onError: (error) => output.json(frameErrorToJson(error)),
  });
  for (const message of joiner.incomplete()) {
    output.json(message);
    await output.drained();
  }
  if (joiner.unreportedChunks > 0) output.json({ incomplete: true, unreportedChunks: joiner.unreportedChunks });
  io.exit(failed ? EXIT.failed : EXIT.done);
}

async function encodeFrames(io: CommandIo): Promise<void> {
  const { frameFromJson } = await import('../../alwayson/codec/frame-json.js');
  const { encodeMessage } = await import('../../alwayson/codec/frame.js');
  const { parseJson } = await import('../../core/exact-json.js');
  const output = new LineOutput(io.stdout);
  const encodeLine = (line: string): void => {
    if (line.trim() === '') return;
    const json = parseJson(line);
    // The chunks of these messages have lines of their own.
    if (isSummary(json)) return;
    const { header, body } = frameFromJson(json);
    output.line(encodeMessage(header, body).toString('hex'));
  };
  const failed = await forEachLine(io, output, {
    onLine: encodeLine,
    onError: (error, lineNumber) => void io.stderr.write(`error: line ${lineNumber}: ${messageOf(error)}\n`),
  });
  io.exit(failed ? EXIT.failed : EXIT.done);
}

interface LineHandler {
  readonly onLine: (line: string) => void;
  readonly onError: (error: unknown, lineNumber: number) => void;
}

/** Calls the handler for each line of stdin and reports its errors. Resolves with whether any line failed. */
async function forEachLine(io: CommandIo, output: LineOutput, { onLine, onError }: LineHandler): Promise<boolean> {
  let lineNumber = 0;
  let failed = false;
  for await (const line of boundedLines(io.stdin, MAX_LINE_LENGTH)) {
    lineNumber++;
    try {
      if (line === TOO_LONG) throw limitExceeded('characters in a line', MAX_LINE_LENGTH + 1, MAX_LINE_LENGTH, 0);
      onLine(line);
    } catch (error) {
      failed = true;
      onError(error, lineNumber);
    }
    await output.drained();
  }
  return failed;
}

const isChunk = (message: Message): message is Message<ChunkBody> => message.body.kind === 'chunk';

/** Whether a line of `decode` is not a frame of its own but a reassembled or incomplete message. */
const isSummary = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && ('reassembled' in json || 'incomplete' in json);
