/** A job that has ended: its record in the store, and what services return once the hub has forgotten it. */
import { stringifyJson } from '../../core/exact-json.js';
import { isPlainObject, omitUndefined } from '../../core/objects.js';
import type { Job } from '../../iothub/documents.js';
import { writableJson } from '../rows.js';

/** A job of the history, with the number of devices that refused, if it was known. */
export interface PastJob {
  readonly job: Job & { readonly jobId: string };
  readonly refusedCount?: number;
  /** The length of its record in the store, in characters. */
  readonly size: number;
}

/** The `statusMessage` of rows that come from the history. */
const FROM_HISTORY = "from the agent's history";
/** Longer texts, which only a misbehaving hub sends, are cut. A condition has at most 8,192 characters. */
const MAX_TEXT = 16_384;

type TimeName = 'createdTime' | 'startTime' | 'endTime';

/** JSON values only: times are epoch milliseconds. */
type StoredJob = Omit<Job, TimeName | 'statusMessage' | 'payload' | 'patch'> & {
  readonly [Name in TimeName]?: number;
} & { readonly jobId: string; readonly payload?: unknown; readonly patch?: unknown };

/** The record of one job in the store. */
export interface PastRecord {
  readonly version: 1;
  readonly job: StoredJob;
  readonly refusedCount?: number;
  readonly size: number;
}

/**
 * Returns the record of a job that has ended.
 * @param job its last state, with the status that is shown.
 */
export function pastRecord(job: Job & { readonly jobId: string }, refusedCount: number | undefined): PastRecord {
  const { createdTime, startTime, endTime, statusMessage: _message, payload, patch, ...rest } = job;
  const stored = {
    ...(shortened(rest) as typeof rest),
    ...omitUndefined({
      createdTime: createdTime?.getTime(),
      startTime: startTime?.getTime(),
      endTime: endTime?.getTime(),
      payload: writableJson(payload),
      patch: writableJson(patch),
    }),
  };
  const size = (stringifyJson(stored) ?? '').length;
  return { version: 1, job: stored, size, ...omitUndefined({ refusedCount }) };
}

/** Reads a record of the store; undefined for any other value. */
export function readPastRecord(value: unknown): PastJob | undefined {
  const record = value as Partial<PastRecord> | null | undefined;
  const isOne =
    isPlainObject(record) &&
    record.version === 1 &&
    typeof record.size === 'number' &&
    isPlainObject(record.job) &&
    typeof record.job.jobId === 'string' &&
    isPlainObject(record.job.counts);
  if (!isOne) return undefined;
  const { job, refusedCount, size } = record as PastRecord;
  const { createdTime, startTime, endTime, ...rest } = job;
  const times = { createdTime: dateOf(createdTime), startTime: dateOf(startTime), endTime: dateOf(endTime) };
  const shown = { ...rest, ...omitUndefined(times), statusMessage: FROM_HISTORY };
  return { job: shown as PastJob['job'], size, ...omitUndefined({ refusedCount }) };
}

const dateOf = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));

function shortened(members: object): object {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, MAX_TEXT) : value,
    ]),
  );
}
