/** Fills with `perSecond` tokens a second up to `capacity`. Pure but for the time that is handed in. */
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

  /** Takes `count` tokens if they are there. */
  take(nowMs: number, count = 1): boolean {
    this.#fill(nowMs);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Takes `count` tokens, into debt if need be, and says how long to wait until they are really there. */
  reserve(nowMs: number, count = 1): number {
    this.#fill(nowMs);
    this.#tokens -= count;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  /** How long until `count` tokens are there; 0 when they are. */
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
