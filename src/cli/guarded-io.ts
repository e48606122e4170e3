import { AgentError, isAgentError, messageOf } from '../core/errors.js';
import { type Scrub, scrubber } from '../core/scrub.js';
import type { CommandIo } from './command-io.js';
import { UsageError } from './failure.js';

/**
 * Runs the part of a command that knows secrets: neither its output nor its errors contain them, whatever the other end
 * returns.
 */
export async function guardSecrets(
  io: CommandIo,
  secrets: readonly string[],
  work: (io: CommandIo) => Promise<void>,
): Promise<void> {
  const scrub = scrubber(secrets);
  try {
    await work({ ...io, stdout: scrubbed(io.stdout, scrub), stderr: scrubbed(io.stderr, scrub) });
  } catch (error) {
    throw scrubbedError(error, scrub);
  }
}

/** The same stream with every written text scrubbed. */
const scrubbed = <T extends NodeJS.WritableStream>(stream: T, scrub: Scrub): T =>
  Object.create(stream, { write: { value: (text: string) => stream.write(scrub(text)) } }) as T;

function scrubbedError(error: unknown, scrub: Scrub): Error {
  const message = scrub(messageOf(error));
  if (isAgentError(error)) return new AgentError(error.code, message, { context: error.context });
  if (error instanceof UsageError) return new UsageError(message);
  const other = new Error(message);
  if (error instanceof Error && error.stack !== undefined) other.stack = scrub(error.stack);
  return other;
}
