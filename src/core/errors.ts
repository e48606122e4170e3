import { ERROR_CODES, type ErrorCode } from './error-codes.js';

/** Details that help to find the cause. Never a secret, never a whole payload. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | undefined>>;

export interface AgentErrorOptions {
  /** The error that caused this one. For the log; never sent to a remote end. */
  readonly cause?: unknown;
  readonly context?: ErrorContext;
  /** Overrides the default of the error code. */
  readonly retryable?: boolean;
}

/**
 * The error class of the project. `code` is stable and listed in docs/errors.md; `message` says what is wrong and what to
 * do, and may be sent to the remote end.
 */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: ErrorCode;
  /** Whether the same request may succeed if it is repeated later. */
  readonly retryable: boolean;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, message: string, options: AgentErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? ERROR_CODES[code].retryable;
    this.context = options.context ?? {};
  }

  /** `<Code>: <sentence>`, the reason that is sent to ThingWorx. */
  get reason(): string {
    return `${this.code}: ${this.message}`;
  }
}

/** Whether `error` is an AgentError, with one of `codes` if any are given. */
export function isAgentError(error: unknown, ...codes: readonly ErrorCode[]): error is AgentError {
  return error instanceof AgentError && (codes.length === 0 || codes.includes(error.code));
}

/** Returns the message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
