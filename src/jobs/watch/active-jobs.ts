import type { NativeRow } from '../../edge/definitions.js';
import { type Job, readJob } from '../../iothub/documents.js';
import type { HubDocument } from '../../iothub/ports.js';
import { AZURE_DEVICE_JOB } from '../data-shapes.js';
import { rowBytes } from '../result-size.js';
import { jobRow } from '../rows.js';
import { withShownStatus } from '../shown-status.js';
import { MAX_ACTIVE_JOBS } from '../thing-definitions.js';
import { omitUndefined } from '../../core/objects.js';

/** The part that is kept of a job that is not among the newest, without payload or patch. */
export type JobState = Pick<Job, 'jobId' | 'type' | 'status' | 'counts'>;

/**
 * The active jobs that one or several list calls returned, with the status that is shown. Memory is bounded: only the
 * newest jobs are kept whole.
 */
export class ActiveJobs {
  readonly #states = new Map<string, JobState>();
  #newest: Job[] = [];

  /** The jobs of several lists. For a job in two of them, because its status changed in between, the later list counts. */
  static union(lists: Iterable<ActiveJobs>): ActiveJobs {
    const union = new ActiveJobs();
    for (const list of lists) {
      for (const [jobId, state] of list.#states) {
        if (union.#states.has(jobId)) union.#forgetNewest(jobId);
        union.#states.set(jobId, state);
      }
      for (const job of list.#newest) union.#addNewest(job);
    }
    return union;
  }

  /**
   * Adds a listed job. For one that is listed twice, the later document counts.
   * @param nowMs the wall clock, on which the shown status depends.
   */
  add(document: HubDocument, nowMs: number): void {
    const job = withShownStatus(readJob(document), nowMs);
    if (job.jobId === undefined) return;
    const { jobId, type, status, counts } = job;
    if (this.#states.has(jobId)) this.#forgetNewest(jobId);
    this.#states.set(jobId, {
      jobId,
      counts,
      ...omitUndefined({ type, status }),
    });
    this.#addNewest(job);
  }

  get count(): number {
    return this.#states.size;
  }

  /** The state of a listed job. */
  get(jobId: string): JobState | undefined {
    return this.#states.get(jobId);
  }

  states(): Iterable<JobState> {
    return this.#states.values();
  }

  /** Rows of `AzureDeviceJob`, the newest first, within `maxBytes`: if necessary without payloads and patches, then fewer. */
  rows(maxBytes: number): NativeRow[] {
    const rows = newestFirst(this.#newest)
      .slice(0, MAX_ACTIVE_JOBS)
      .map((job) => jobRow(job, undefined));
    if (bytesOf(rows) <= maxBytes) return rows;
    const light = rows.map(({ payload: _payload, patch: _patch, ...row }) => row);
    while (light.length > 0 && bytesOf(light) > maxBytes) light.pop();
    return light;
  }

  #addNewest(job: Job): void {
    this.#newest.push(job);
    if (this.#newest.length > 2 * MAX_ACTIVE_JOBS) this.#newest = newestFirst(this.#newest).slice(0, MAX_ACTIVE_JOBS);
  }

  #forgetNewest(jobId: string): void {
    this.#newest = this.#newest.filter((other) => other.jobId !== jobId);
  }
}

function newestFirst(jobs: readonly Job[]): Job[] {
  const createdAt = (job: Job): number => (job.createdTime ?? job.startTime)?.getTime() ?? 0;
  return [...jobs].sort((a, b) => createdAt(b) - createdAt(a) || compare(a.jobId ?? '', b.jobId ?? ''));
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

function bytesOf(rows: readonly NativeRow[]): number {
  return rows.reduce((sum, row) => sum + rowBytes(AZURE_DEVICE_JOB, row), 0);
}
