/** Fields of a log line, with stable names: `code`, `thing`, `jobId`, `requestId`, `correlationId`, `err`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A structured log; the agent implements it with pino. */
export interface Log {
  trace(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** False while lines at `debug` are discarded, so that their fields need not be collected; absent if unknown. */
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

/** What a call changes, set while it runs. Shared by the parts of the call. */
export interface CallNotes {
  /** `jobId`, `rolloutId` and the like; undefined for a call that changes nothing. */
  fields?: LogFields;
}

/** The fields that a call adds to each of its log lines. */
export interface CallFields {
  readonly correlationId: string;
  readonly fields?: LogFields | undefined;
  readonly notes?: CallNotes;
}

/** Returns a log that adds these fields, and those of `notes` at that time, to each line. */
export function callLog(log: Log, call: CallFields): Log {
  return new CallLog(log, call);
}

/**
 * Merges fields only when a line is written, since most calls write none: merging them in advance took 1.0 microsecond of
 * CPU time for each call.
 */
class CallLog implements Log {
  readonly #log: Log;
  readonly #call: CallFields;

  constructor(log: Log, call: CallFields) {
    this.#log = log;
    this.#call = call;
  }

  trace(fields: LogFields, message: string): void {
    this.#log.trace(this.#merged(fields), message);
  }

  debug(fields: LogFields, message: string): void {
    // Almost every call has such a line, and it is almost always discarded.
    if (this.#log.isDebugOn === false) return;
    this.#log.debug(this.#merged(fields), message);
  }

  info(fields: LogFields, message: string): void {
    this.#log.info(this.#merged(fields), message);
  }

  warn(fields: LogFields, message: string): void {
    this.#log.warn(this.#merged(fields), message);
  }

  error(fields: LogFields, message: string): void {
    this.#log.error(this.#merged(fields), message);
  }

  child(fields: LogFields): Log {
    return new CallLog(this.#log, { ...this.#call, fields: { ...this.#call.fields, ...fields } });
  }

  #merged(fields: LogFields): LogFields {
    const { correlationId, notes, fields: own } = this.#call;
    return { ...own, correlationId, ...notes?.fields, ...fields };
  }
}
