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

/** Thrown for arguments that contradict each other or name something that does not exist; exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Writes a failure to stderr, for a person, and returns its exit status. Its text may come from the other end, so
 * characters that would control the terminal are escaped.
 */
export function reportFailure(error: unknown, io: CommandIo): ExitCode {
  if (error instanceof UsageError) {
    io.stderr.write(`error: ${printable(error.message)}\n(--help shows the options)\n`);
    return EXIT.usage;
  }
  if (!isAgentError(error)) {
    const text = io.env['TWX_IOTHUB_DEBUG'] && error instanceof Error ? error.stack : messageOf(error);
    io.stderr.write(`error: ${printableLines(text ?? '')} (this is a defect; set TWX_IOTHUB_DEBUG=1 for the stack)\n`);
    return EXIT.failed;
  }
  // Errors of documents have a location on each line, in a form that editors and scripts understand.
  const hasPlaces = error.code === 'ConfigurationInvalid' || error.code === 'WrapperInvalid';
  io.stderr.write(hasPlaces ? `${printableLines(error.message)}\n` : `error: ${printable(error.message)}\n`);
  return STATUS_OF_CODE[error.code] ?? EXIT.failed;
}
