import { Readable, Writable } from 'node:stream';
import { runCommand } from '../../../src/cli/main.js';

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly isTerminal?: boolean;
}

/** Runs one command line inside the test's process. */
export async function command(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const stdout = new TextSink();
  const stderr = new TextSink();
  let status = 0;
  await runCommand(args, {
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    stdout,
    stderr,
    env: options.env ?? {},
    isTerminal: options.isTerminal ?? false,
    exit: (code) => {
      status = code;
    },
  });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

class TextSink extends Writable {
  text = '';

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
