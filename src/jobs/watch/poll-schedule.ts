/** The state of a job whose reads fail. */
interface Failing {
  readonly failures: number;
  /** When it is read next, on the monotonic clock. */
  readonly dueAtMs: number;
}

const MAX_PAUSE_MS = 60_000;

/**
 * The order in which jobs are read one by one. The job that has waited longest comes first, so that a round that ends
 * early starves none. A job whose reads fail pauses longer each time, up to a minute. All times are of the monotonic
 * clock.
 */
export class PollSchedule {
  readonly #pauseMs: number;
  readonly #polledAt = new Map<string, number>();
  readonly #failing = new Map<string, Failing>();
  #polls = 0;

  /** @param pauseMs the pause after the first failure. */
  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** The jobs among `jobIds` that may be read now, in order. Forgets every other job. */
  due(jobIds: readonly string[], nowMs: number): string[] {
    const wanted = new Set(jobIds);
    for (const known of [this.#polledAt, this.#failing])
      for (const jobId of known.keys()) if (!wanted.has(jobId)) known.delete(jobId);
    const order = (jobId: string): number => this.#polledAt.get(jobId) ?? -1;
    return jobIds
      .filter((jobId) => (this.#failing.get(jobId)?.dueAtMs ?? -Infinity) <= nowMs)
      .sort((a, b) => order(a) - order(b));
  }

  /** Records that a read of the job starts. */
  begin(jobId: string): void {
    this.#polledAt.set(jobId, this.#polls);
    this.#polls += 1;
  }

  /** Records a success. Returns how many consecutive reads had failed before. */
  succeed(jobId: string): number {
    const failures = this.failures(jobId);
    this.#failing.delete(jobId);
    return failures;
  }

  /** Records a failure. Returns the number of consecutive failures. */
  fail(jobId: string, nowMs: number): number {
    const failures = this.failures(jobId) + 1;
    const pauseMs = Math.min(MAX_PAUSE_MS, this.#pauseMs * 2 ** Math.min(failures - 1, 20));
    this.#failing.set(jobId, { failures, dueAtMs: nowMs + pauseMs });
    return failures;
  }

  failures(jobId: string): number {
    return this.#failing.get(jobId)?.failures ?? 0;
  }
}
