/** Fields of a log line. Names are stable: `code`, `thing`, `jobId`, `requestId`, `correlationId`, `err`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging as every room sees it; the agent implements it over pino. */
export interface Log {
  trace(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A log whose lines all carry `fields` too. */
  child(fields: LogFields): Log;
}

/** Says nothing. For tests, and for library users that bring no log. */
export const silentLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
