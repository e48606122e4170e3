import type { Log, LogFields } from './log.js';

/** What a call changes, which becomes known while it runs. Shared by the parts of the call. */
export interface CallNotes {
  /** `jobId`, `rolloutId` and the like; undefined for a call that changes nothing. */
  fields?: LogFields;
}

/** Returns a log that adds `fields`, and what is noted by then, to each line. */
export function callLog(log: Log, fields: LogFields, notes: CallNotes = {}): Log {
  return new CallLog(log, fields, notes);
}

/** Merges fields when a line is written: most calls write none, and creating a derived log costs more than a line. */
class CallLog implements Log {
  readonly #log: Log;
  readonly #fields: LogFields;
  readonly #notes: CallNotes;

  constructor(log: Log, fields: LogFields, notes: CallNotes) {
    this.#log = log;
    this.#fields = fields;
    this.#notes = notes;
  }

  trace(fields: LogFields, message: string): void {
    this.#log.trace(this.#merged(fields), message);
  }

  debug(fields: LogFields, message: string): void {
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
    return new CallLog(this.#log, { ...this.#fields, ...fields }, this.#notes);
  }

  #merged(fields: LogFields): LogFields {
    return { ...this.#fields, ...this.#notes.fields, ...fields };
  }
}
