import { wireTime } from '../answers/wire-values.js';
import type { JobRecord } from './job.js';
import type { JobRows, KeptRow } from './job-rows.js';

/**
 * A device's row in `devices.jobs`. Its members are computed when they are read, because a query for a few devices of a
 * large job reads only one or two members of each row.
 */
export class JobRowDocument {
  readonly [name: string]: unknown;
  readonly #rows: JobRows;
  readonly #index: number;
  readonly #job: JobRecord;
  readonly #row: KeptRow;

  constructor(rows: JobRows, index: number, job: JobRecord) {
    this.#rows = rows;
    this.#index = index;
    this.#job = job;
    this.#row = rows.kept(index);
  }

  get deviceId(): string | undefined {
    return this.#rows.targets[this.#index]?.deviceId;
  }
  get moduleId(): string | undefined {
    return this.#rows.targets[this.#index]?.moduleId;
  }
  get jobId(): string {
    return this.#job.jobId;
  }
  get jobType(): string {
    return this.#job.type;
  }
  get status(): string {
    return this.#rows.status(this.#index);
  }
  get startTimeUtc(): string | undefined {
    const [, startedMs] = this.#row;
    return startedMs ? wireTime(startedMs) : undefined;
  }
  get endTimeUtc(): string | undefined {
    const [, , endedMs] = this.#row;
    return endedMs ? wireTime(endedMs) : undefined;
  }
  get createdDateTimeUtc(): string {
    return wireTime(this.#createdMs);
  }
  get lastUpdatedDateTimeUtc(): string {
    const [, startedMs, endedMs] = this.#row;
    return wireTime(endedMs || startedMs || this.#createdMs);
  }
  get outcome(): object | undefined {
    const [, , , outcome] = this.#row;
    return outcome && 'response' in outcome ? { deviceMethodResponse: outcome.response } : undefined;
  }
  get error(): object | undefined {
    const [, , , outcome] = this.#row;
    return outcome && 'error' in outcome ? outcome.error : undefined;
  }

  get #createdMs(): number {
    return this.#job.runningSinceMs ?? this.#job.createdMs;
  }

  toJSON(): Record<string, unknown> {
    return Object.fromEntries(MEMBERS.map((name) => [name, this[name]]));
  }
}

const MEMBERS = (
  'deviceId moduleId jobId jobType status startTimeUtc endTimeUtc createdDateTimeUtc lastUpdatedDateTimeUtc ' +
  'outcome error'
).split(' ');
