/** Fills with `perSecond` tokens per second up to `capacity`. The caller passes the time. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #atMs: number;

  constructor(options: { readonly perSecond: number; readonly capacity: number; readonly nowMs: number }) {
    this.#perSecond = options.perSecond;
    this.#capacity = options.capacity;
    this.#tokens = options.capacity;
    this.#atMs = options.nowMs;
  }

  /** Takes `count` tokens if they are available; returns whether it did. */
  take(nowMs: number, count = 1): boolean {
    this.#fill(nowMs);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Takes `count` tokens, into debt if necessary, and returns how long to wait until they are available. */
  reserve(nowMs: number, count = 1): number {
    this.#fill(nowMs);
    this.#tokens -= count;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  /** Returns how long it takes until `count` tokens are available; 0 if they are. */
  waitMs(nowMs: number, count = 1): number {
    this.#fill(nowMs);
    return this.#tokens >= count ? 0 : ((count - this.#tokens) / this.#perSecond) * 1000;
  }

  #fill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs / 1000) * this.#perSecond);
    this.#atMs = nowMs;
  }
}

const MINUTE_MS = 60_000;

/** Limits how many lines of one kind are logged per minute, and counts those that are dropped. The caller passes the time. */
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
