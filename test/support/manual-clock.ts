import type { Clock, Timer } from '../../src/core/clock.js';

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that stands still until `advance` is called; timers fire in order, within that call. */
export class ManualClock implements Clock {
  #nowMs: number;
  #setByMs = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs + this.#setByMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, fire: () => void): Timer {
    const pending: Pending = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Sets the wall clock by `byMs`, back or forward; no time passes and no timer fires. */
  setWallClock(byMs: number): void {
    this.#setByMs += byMs;
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#pending.size;
  }

  /** Advances time by `byMs` and fires the timers that become due, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#earliest(untilMs);
      if (!next) break;
      this.#pending.delete(next);
      this.#nowMs = next.atMs;
      next.fire();
    }
    this.#nowMs = untilMs;
  }

  /** Like `advance`, but lets promises settle after each timer. */
  async advanceAsync(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (;;) {
      const next = this.#earliest(untilMs);
      if (!next) break;
      this.#pending.delete(next);
      this.#nowMs = next.atMs;
      next.fire();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }

  #earliest(untilMs: number): Pending | undefined {
    let earliest: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.atMs > untilMs) continue;
      if (
        !earliest ||
        pending.atMs < earliest.atMs ||
        (pending.atMs === earliest.atMs && pending.order < earliest.order)
      )
        earliest = pending;
    }
    return earliest;
  }
}

/** Lets the continuations of all settled promises run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
