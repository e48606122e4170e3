/** Number of digits of a time in a key. With leading zeros, keys are in the order of their times. */
const TIME_DIGITS = 15;

const POSITION = /^\d{15}\/[^/]+$/;

const digits = (ms: number): string => String(Math.max(0, Math.trunc(ms))).padStart(TIME_DIGITS, '0');

/**
 * The keys of the past jobs of one hub. The record of a job is under the time of its end, so that the newest are listed by a
 * reverse range and the oldest are deleted first. A second key leads from its id to that time. Both contain id and time, so
 * that deleting an old entry never touches a newer one of the same id.
 */
export class HistoryKeys {
  readonly #root: string;

  /** @param hubName the name of the hub in the configuration. */
  constructor(hubName: string) {
    this.#root = `job-history/${encodeURIComponent(hubName)}/`;
  }

  /** The first key that a record can have. */
  get first(): string {
    return `${this.#root}end/`;
  }

  /** After the last key that a record can have. */
  get end(): string {
    return `${this.#root}end0`;
  }

  /** After the keys of all jobs that ended before this time. */
  before(endMs: number): string {
    return `${this.first}${digits(endMs)}`;
  }

  /** The place of a record in the order of ends, which is the same for all hubs. */
  positionOf(key: string): string {
    return key.slice(this.first.length);
  }

  /** The key of the record at a position; undefined for a text that is no position. */
  at(position: string): string | undefined {
    return POSITION.test(position) ? `${this.first}${position}` : undefined;
  }

  record(jobId: string, endMs: number): string {
    return `${this.before(endMs)}/${encodeURIComponent(jobId)}`;
  }

  /** The keys that lead from an id to the times of its ends. */
  ids(jobId: string): string {
    return `${this.#root}id/${encodeURIComponent(jobId)}/`;
  }

  id(jobId: string, endMs: number): string {
    return `${this.ids(jobId)}${digits(endMs)}`;
  }

  /** The key that leads to a record, from the key of that record. */
  idOfRecord(key: string): string {
    const [time = '', jobId = ''] = key.slice(this.first.length).split('/');
    return `${this.#root}id/${jobId}/${time}`;
  }

  /** The key of a record, from a key that leads to it. */
  recordOfId(key: string): string {
    const [jobId = '', time = ''] = key.slice(`${this.#root}id/`.length).split('/');
    return `${this.first}${time}/${jobId}`;
  }
}
