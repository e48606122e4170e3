import { Readable, Writable } from 'node:stream';
import { Command } from 'commander';
import type { CommandIo } from '../../../src/cli/command-io.js';
import { registerFrames } from '../../../src/cli/commands/frames.js';

export interface CommandRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

/** Runs `frames ...` in this process with `input` on stdin. */
export async function runFrames(args: readonly string[], input: string): Promise<CommandRun> {
  const written = { stdout: '', stderr: '' };
  const into = (name: keyof typeof written): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
  let exitCode: number | undefined;
  const io: CommandIo = {
    stdin: Readable.from([input]),
    stdout: into('stdout'),
    stderr: into('stderr'),
    env: {},
    isTerminal: false,
    exit: (code) => void (exitCode = code),
  };
  const program = new Command().exitOverride();
  registerFrames(program, io);
  await program.parseAsync(['frames', ...args], { from: 'user' });
  return { ...written, exitCode };
}

export const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
export const jsonLines = (text: string): any[] => lines(text).map((line) => JSON.parse(line));
