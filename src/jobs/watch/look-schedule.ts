/** How a job whose looks fail is doing. */
interface Failing {
  readonly failures: number;
  /** On the monotonic clock: it is not looked at before. */
  readonly dueAtMs: number;
}

const MAX_PAUSE_MS = 60_000;

/**
 * The order in which jobs are looked at one by one: the job that has waited longest comes first, so that a round that
 * ends early starves none, and a job whose looks fail pauses for longer each time, up to a minute. Pure but for the time
 * that is passed in, which is the monotonic clock's.
 */
export class LookSchedule {
  readonly #pauseMs: number;
  readonly #lookedAt = new Map<string, number>();
  readonly #failing = new Map<string, Failing>();
  #looks = 0;

  /** @param pauseMs the pause after the first failure. */
  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** Those of `jobIds` that may be looked at now, in order. Forgets every other job. */
  due(jobIds: readonly string[], nowMs: number): string[] {
    const wanted = new Set(jobIds);
    for (const known of [this.#lookedAt, this.#failing])
      for (const jobId of known.keys()) if (!wanted.has(jobId)) known.delete(jobId);
    const order = (jobId: string): number => this.#lookedAt.get(jobId) ?? -1;
    return jobIds
      .filter((jobId) => (this.#failing.get(jobId)?.dueAtMs ?? -Infinity) <= nowMs)
      .sort((a, b) => order(a) - order(b));
  }

  /** A look at the job begins. */
  begin(jobId: string): void {
    this.#lookedAt.set(jobId, this.#looks);
    this.#looks += 1;
  }

  /** The look succeeded. Returns how many looks in a row had failed before. */
  succeed(jobId: string): number {
    const failures = this.failures(jobId);
    this.#failing.delete(jobId);
    return failures;
  }

  /** The look failed. Returns how many in a row have. */
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
