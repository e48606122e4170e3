/**
 * What the watcher knows of one job, and how it changes. Pure: state and observation determine the next state. A change
 * is first stored as pending, then sent to the platform, then stored as sent. So each change is notified at least once
 * whenever the process dies, and twice only if it dies between the platform's answer and the write that follows it.
 */
import type { NativeRow } from '../../edge/definitions.js';
import type { Job, JobCounts } from '../../iothub/documents.js';
import { hasEnded, outcomeOf } from '../outcome.js';

/** A change for which not all Things have sent their event yet. JSON values only, because it is kept in the store. */
export interface PendingChange {
  readonly status: string;
  readonly previousStatus?: string;
  readonly outcome: string;
  readonly counts: JobCounts & { readonly refusedCount?: number };
  readonly observedAtMs: number;
  /** Names of the Things whose event is still to be sent. */
  readonly things: readonly string[];
}

/** A watched job. JSON values only. */
export interface WatchRecord {
  readonly jobId: string;
  readonly type: string;
  /** The Things that send events of its changes; `*` for all of the hub. */
  readonly things: readonly string[] | '*';
  /** Whether the hub has been seen to know the job. */
  readonly isConfirmed: boolean;
  readonly addedAtMs: number;
  /** The last observation. */
  readonly seen?: { readonly status: string; readonly outcome: string };
  readonly hasEnded: boolean;
  /** Oldest first. */
  readonly pending: readonly PendingChange[];
}

/** An observation of a job. */
export interface Observation {
  readonly job: Job;
  readonly refusedCount: number | undefined;
  readonly atMs: number;
}

/** A job goes through six statuses at most; only a hub that contradicts itself causes more pending changes. */
const MAX_PENDING = 32;

export function newRecord(
  jobId: string,
  type: string,
  things: WatchRecord['things'],
  options: { readonly atMs: number; readonly isConfirmed: boolean },
): WatchRecord {
  const { atMs, isConfirmed } = options;
  return { jobId, type, things, isConfirmed, addedAtMs: atMs, hasEnded: false, pending: [] };
}

/** Adds a further Thing that has scheduled the same job. */
export function withThing(record: WatchRecord, thing: string): WatchRecord {
  if (record.things === '*' || record.things.includes(thing)) return record;
  return { ...record, things: [...record.things, thing] };
}

/** @param allThings the names that `*` represents. */
export function observe(record: WatchRecord, observation: Observation, allThings: readonly string[]): WatchRecord {
  const { job, refusedCount, atMs } = observation;
  const status = job.status ?? 'unknown';
  const outcome = outcomeOf(job, refusedCount);
  const base = { ...record, isConfirmed: true, type: job.type ?? record.type, hasEnded: hasEnded(job) };
  if (record.seen?.status === status && record.seen.outcome === outcome) return base;
  const change: PendingChange = {
    status,
    ...(record.seen === undefined ? {} : { previousStatus: record.seen.status }),
    outcome,
    counts: { ...job.counts, ...(refusedCount === undefined ? {} : { refusedCount }) },
    observedAtMs: atMs,
    things: record.things === '*' ? allThings : record.things,
  };
  return { ...base, seen: { status, outcome }, pending: [...record.pending, change].slice(-MAX_PENDING) };
}

/** Ends a job that was seen before and that the hub no longer knows as `unknown`. */
export function endAsUnknown(record: WatchRecord, atMs: number, allThings: readonly string[]): WatchRecord {
  const job: Job = { jobId: record.jobId, type: record.type, status: 'unknown', counts: {} };
  return { ...observe(record, { job, refusedCount: undefined, atMs }, allThings), hasEnded: true };
}

/** Records that the platform has acknowledged the oldest pending change of `thing`. */
export function notified(record: WatchRecord, thing: string): WatchRecord {
  const [oldest, ...others] = record.pending;
  if (!oldest) return record;
  const things = oldest.things.filter((name) => name !== thing);
  return { ...record, pending: things.length === 0 ? others : [{ ...oldest, things }, ...others] };
}

/**
 * Whether nothing is left to watch or notify. The age of a record does not count: it would be measured with the wall
 * clock, which may be set by months at once.
 */
export function isDone(record: WatchRecord): boolean {
  return record.hasEnded && record.pending.length === 0;
}

/** The row of `AzureDeviceJobEvent` of a change. */
export function eventRow(record: WatchRecord, change: PendingChange): NativeRow {
  return {
    jobId: record.jobId,
    type: record.type,
    status: change.status,
    ...(change.previousStatus === undefined ? {} : { previousStatus: change.previousStatus }),
    outcome: change.outcome,
    ...change.counts,
    time: new Date(change.observedAtMs),
  };
}

/** Parses a record from the store; returns undefined for any other value. */
export function readRecord(value: unknown): WatchRecord | undefined {
  const record = value as Partial<WatchRecord> | null | undefined;
  const isOne =
    typeof record === 'object' &&
    typeof record?.jobId === 'string' &&
    typeof record.type === 'string' &&
    (record.things === '*' || Array.isArray(record.things)) &&
    typeof record.addedAtMs === 'number' &&
    Array.isArray(record.pending) &&
    record.pending.every(isPendingChange);
  return isOne ? (record as WatchRecord) : undefined;
}

function isPendingChange(value: unknown): value is PendingChange {
  const change = value as Partial<PendingChange> | null;
  return (
    typeof change === 'object' &&
    typeof change?.status === 'string' &&
    typeof change.outcome === 'string' &&
    typeof change.counts === 'object' &&
    typeof change.observedAtMs === 'number' &&
    Array.isArray(change.things)
  );
}
