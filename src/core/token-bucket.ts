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
