import type { ErrorCode } from '../core/error-codes.js';
import { isAgentError, messageOf } from '../core/errors.js';
import { printable, printableLines } from '../core/printable.js';
import type { CommandIo } from './command-io.js';
import { EXIT, type ExitCode } from './exit-codes.js';

const STATUS_OF_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  ConfigurationInvalid: EXIT.configuration,
  WrapperInvalid: EXIT.configuration,
  DocumentUnreadable: EXIT.configuration,
  Unreachable: EXIT.unreachable,
};

/** Thrown by a command whose arguments contradict each other or name what does not exist: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Writes a failure on stderr, for a person, and returns its exit status. Its text may come from the other end, so
 * characters that would steer the terminal are escaped.
 */
export function reportFailure(error: unknown, io: CommandIo): ExitCode {
  if (error instanceof UsageError) {
    io.stderr.write(`error: ${printable(error.message)}\n(--help shows the options)\n`);
    return EXIT.usage;
  }
  if (!isAgentError(error)) {
    const text = io.env['TWX_IOTHUB_DEBUG'] && error instanceof Error ? error.stack : messageOf(error);
    io.stderr.write(`error: ${printableLines(text ?? '')} (this is a defect; TWX_IOTHUB_DEBUG=1 shows where)\n`);
    return EXIT.failed;
  }
  // Errors of documents bring their own place on each line, so that editors and scripts can read it.
  const hasPlaces = error.code === 'ConfigurationInvalid' || error.code === 'WrapperInvalid';
  io.stderr.write(hasPlaces ? `${printableLines(error.message)}\n` : `error: ${printable(error.message)}\n`);
  return STATUS_OF_CODE[error.code] ?? EXIT.failed;
}
