/** Fields of a log line, with stable names: `code`, `thing`, `jobId`, `requestId`, `correlationId`, `err`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A structured log; the agent implements it with pino. */
export interface Log {
  trace(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** False while lines at `debug` are discarded, so that their fields need not be collected; absent if that is not known. */
  readonly isDebugOn?: boolean;
  /** Returns a log that adds `fields` to each of its lines. */
  child(fields: LogFields): Log;
}

/** Discards all lines. For tests, and for library users without a log. */
export const silentLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
