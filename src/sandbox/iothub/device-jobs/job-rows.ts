import type { EndpointId } from '../ports.js';

/** The states of a device in a job, as `devices.jobs` names them. The index is what is stored. */
const ROW_STATUSES = ['pending', 'running', 'completed', 'failed'] as const;
export type RowStatus = (typeof ROW_STATUSES)[number];

export type RowOutcome =
  | { readonly response: { readonly status: number; readonly payload: unknown } | null }
  | { readonly error: { readonly code: string; readonly description: string } };

/** One row as it is stored: index of the status, start, end, outcome. */
export type KeptRow = readonly [status: number, startedMs: number, endedMs: number, outcome: RowOutcome | null];

export interface JobCounts {
  readonly deviceCount: number;
  readonly failedCount: number;
  readonly succeededCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
}

/**
 * The devices of a running or ended job and the outcome of each, in columns, because there may be a hundred thousand.
 */
export class JobRows {
  readonly targets: readonly EndpointId[];
  readonly #statuses: Uint8Array;
  readonly #startedMs: Float64Array;
  readonly #endedMs: Float64Array;
  readonly #outcomes: (RowOutcome | undefined)[];
  readonly #counts: [number, number, number, number];

  constructor(targets: readonly EndpointId[]) {
    this.targets = targets;
    this.#statuses = new Uint8Array(targets.length);
    this.#startedMs = new Float64Array(targets.length);
    this.#endedMs = new Float64Array(targets.length);
    this.#outcomes = [];
    this.#counts = [targets.length, 0, 0, 0];
  }

  get size(): number {
    return this.targets.length;
  }

  get counts(): JobCounts {
    const [pendingCount, runningCount, succeededCount, failedCount] = this.#counts;
    return { deviceCount: this.size, failedCount, succeededCount, runningCount, pendingCount };
  }

  get openCount(): number {
    return this.#counts[0] + this.#counts[1];
  }

  status(index: number): RowStatus {
    return ROW_STATUSES[this.#statuses[index] as number] as RowStatus;
  }

  isOpen(index: number): boolean {
    return (this.#statuses[index] as number) < 2;
  }

  start(index: number, nowMs: number): void {
    this.#setStatus(index, 1);
    this.#startedMs[index] = nowMs;
  }

  end(index: number, nowMs: number, outcome: RowOutcome): void {
    this.#setStatus(index, 'error' in outcome ? 3 : 2);
    if (!this.#startedMs[index]) this.#startedMs[index] = nowMs;
    this.#endedMs[index] = nowMs;
    this.#outcomes[index] = outcome;
  }

  kept(index: number): KeptRow {
    return [
      this.#statuses[index] as number,
      this.#startedMs[index] as number,
      this.#endedMs[index] as number,
      this.#outcomes[index] ?? null,
    ];
  }

  restore(index: number, [status, startedMs, endedMs, outcome]: KeptRow): void {
    this.#setStatus(index, status);
    this.#startedMs[index] = startedMs;
    this.#endedMs[index] = endedMs;
    if (outcome) this.#outcomes[index] = outcome;
  }

  #setStatus(index: number, status: number): void {
    this.#counts[this.#statuses[index] as 0 | 1 | 2 | 3] -= 1;
    this.#counts[status as 0 | 1 | 2 | 3] += 1;
    this.#statuses[index] = status;
  }
}
