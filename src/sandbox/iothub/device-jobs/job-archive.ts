import type { Store } from '../../../store/store.js';
import type { EndpointId } from '../ports.js';
import type { Journal } from '../state/journal.js';
import type { JobRecord } from './job.js';
import { JobRows, type KeptRow } from './job-rows.js';

const JOB_PREFIX = 'job/';
const TARGETS_PREFIX = 'job-targets/';
const ROW_PREFIX = 'job-row/';
const TARGETS_PER_VALUE = 1_000;

type KeptTarget = readonly [deviceId: string, moduleId?: string];

export interface KeptJob {
  readonly record: JobRecord;
  readonly rows: JobRows | undefined;
}

/**
 * Keeps jobs: the job, its devices in blocks when it starts to run, and a row for each device when its state changes.
 * All writes go through the journal; the caller flushes it.
 */
export class JobArchive {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  keepJob(record: JobRecord): void {
    this.#journal.record(`${JOB_PREFIX}${record.jobId}`, record);
  }

  keepTargets(jobId: string, targets: readonly EndpointId[]): void {
    for (let from = 0; from < targets.length; from += TARGETS_PER_VALUE) {
      const block = targets.slice(from, from + TARGETS_PER_VALUE).map(keptTarget);
      this.#journal.record(`${TARGETS_PREFIX}${jobId}/${padded(from)}`, block);
    }
  }

  keepRow(jobId: string, index: number, rows: JobRows): void {
    this.#journal.record(`${ROW_PREFIX}${jobId}/${padded(index)}`, rows.kept(index));
  }

  /** Deletes a job and everything that belongs to it. */
  forget(jobId: string, rows: JobRows | undefined): void {
    this.#journal.record(`${JOB_PREFIX}${jobId}`, undefined);
    for (let index = 0; index < (rows?.size ?? 0); index++) {
      if (index % TARGETS_PER_VALUE === 0)
        this.#journal.record(`${TARGETS_PREFIX}${jobId}/${padded(index)}`, undefined);
      this.#journal.record(`${ROW_PREFIX}${jobId}/${padded(index)}`, undefined);
    }
  }

  /** The jobs that an earlier process stored, in the order of creation. */
  async load(store: Store): Promise<KeptJob[]> {
    const kept: KeptJob[] = [];
    for await (const [, value] of store.entries({ prefix: JOB_PREFIX })) {
      const record = currentRecord(value as JobRecord);
      const hasRows = record.runningSinceMs !== undefined;
      kept.push({ record, rows: hasRows ? await loadRows(store, record) : undefined });
    }
    return kept.sort((a, b) => a.record.sequence - b.record.sequence);
  }
}

/** Earlier versions kept a queued job as `pending`. */
const currentRecord = (record: JobRecord): JobRecord =>
  (record.status as string) === 'pending' ? { ...record, status: 'queued' } : record;

async function loadRows(store: Store, { jobId, deviceCount }: JobRecord): Promise<JobRows> {
  const targets: EndpointId[] = [];
  for await (const [, value] of store.entries({ prefix: `${TARGETS_PREFIX}${jobId}/` })) {
    for (const [deviceId, moduleId] of value as KeptTarget[]) {
      targets.push(moduleId === undefined ? { deviceId } : { deviceId, moduleId });
    }
  }
  // After a crash just before a job ran, blocks of devices of that attempt may follow those of the next one.
  const rows = new JobRows(targets.slice(0, deviceCount));
  const prefix = `${ROW_PREFIX}${jobId}/`;
  for await (const [key, value] of store.entries({ prefix })) {
    rows.restore(Number(key.slice(prefix.length)), value as KeptRow);
  }
  return rows;
}

const keptTarget = ({ deviceId, moduleId }: EndpointId): KeptTarget =>
  moduleId === undefined ? [deviceId] : [deviceId, moduleId];

/** Pads numbers so that they sort as text in their numeric order. */
const padded = (index: number): string => String(index).padStart(8, '0');
