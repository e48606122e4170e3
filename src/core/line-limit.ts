const MINUTE_MS = 60_000;

/** Limits how many lines of one kind are logged per minute, and counts the rest. The caller passes the time. */
export class LineLimit {
  readonly #linesPerMinute: number;
  #minuteStartMs = -Infinity;
  #lines = 0;
  #dropped = 0;

  constructor(linesPerMinute: number) {
    this.#linesPerMinute = linesPerMinute;
  }

  /** Returns whether one more line may be logged now; otherwise counts it as dropped. */
  take(nowMs: number): boolean {
    if (nowMs - this.#minuteStartMs >= MINUTE_MS) {
      this.#minuteStartMs = nowMs;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines <= this.#linesPerMinute) return true;
    this.#dropped += 1;
    return false;
  }

  /** Returns how many lines were dropped since the last call, once their minute is over; 0 until then. */
  takeDropped(nowMs: number): number {
    return nowMs - this.#minuteStartMs >= MINUTE_MS ? this.takeAllDropped() : 0;
  }

  /** Like `takeDropped`, without waiting for the end of the minute. */
  takeAllDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
