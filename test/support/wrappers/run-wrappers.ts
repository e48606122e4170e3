import { PassThrough } from 'node:stream';
import { runCommand } from '../../../src/cli/main.js';

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `twx-iothub wrappers ...` in this process. */
export async function runWrappers(...args: readonly string[]): Promise<Outcome> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  let status = 0;
  await runCommand(['wrappers', ...args], {
    stdin: new PassThrough(),
    ...streams,
    env: {},
    isTerminal: false,
    exit: (code) => {
      status = code;
    },
  });
  const textOf = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '');
  return { status, out: textOf(streams.stdout), err: textOf(streams.stderr) };
}
