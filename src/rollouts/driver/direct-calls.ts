import { setMaxListeners } from 'node:events';
import { doublingDelayMs } from '../../core/backoff.js';
import { type Clock, sleep } from '../../core/clock.js';
import type { CallEnd } from '../machine/call-end.js';

/** Maximum number of direct calls of one roll-out that are open at once. */
const MAX_OPEN = 32;
/** Pauses after a call that the hub certainly did not pass on, because it is away or throttles. */
const HUB_AWAY_PAUSE = { baseMs: 1000, capMs: 30_000 };
/** Maximum time that a stop waits for open calls. */
const STOP_WAIT_MS = 3000;

/** The calls of one group: those that have ended and are not stored yet, and the number of the others. */
interface Group {
  readonly ends: Map<number, CallEnd>;
  openCount: number;
}

/** The open direct calls of one roll-out. They are only in memory: after a crash nobody knows how they ended. */
export class DirectCalls {
  readonly #clock: Clock;
  readonly #groups = new Map<string, Group>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #failures = 0;
  #resumeMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    // Each open call adds listeners.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Aborts when open calls are given up. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** How many more calls may begin. */
  get free(): number {
    return MAX_OPEN - this.#running.size;
  }

  /** When calls may begin again after the hub was away, by the monotonic clock; 0 if they may. */
  get resumeMs(): number {
    return this.#resumeMs > this.#clock.monotonicMs() ? this.#resumeMs : 0;
  }

  /**
   * Begins the calls of a group.
   * @param calls by the position of the device; none rejects.
   * @param onEnd called after each of them.
   */
  begin(groupId: string, calls: ReadonlyMap<number, () => Promise<CallEnd>>, onEnd: () => void): void {
    const group: Group = { ends: new Map(), openCount: calls.size };
    this.#groups.set(groupId, group);
    for (const [position, call] of calls) {
      const running = call().then((end) => {
        this.#running.delete(running);
        group.openCount -= 1;
        group.ends.set(position, end);
        this.#noteHub(end.kind === 'notCalled');
        onEnd();
      });
      this.#running.add(running);
    }
  }

  /** Returns the ends that are not stored yet; undefined for a group whose calls were not made by this process. */
  endsOf(groupId: string): ReadonlyMap<number, CallEnd> | undefined {
    return this.#groups.get(groupId)?.ends;
  }

  /** To be called when ends have been stored. Returns whether the whole group has ended. */
  stored(groupId: string, positions: Iterable<number>): boolean {
    const group = this.#groups.get(groupId);
    for (const position of positions) group?.ends.delete(position);
    const isOver = !group || (group.openCount === 0 && group.ends.size === 0);
    if (isOver) this.#groups.delete(groupId);
    return isOver;
  }

  /** Resolves when no call is open, or after a short time; then gives up the others. */
  async stop(): Promise<void> {
    if (this.#running.size > 0) {
      const wait = new AbortController();
      const waited = sleep(this.#clock, STOP_WAIT_MS, wait.signal).catch(() => undefined);
      await Promise.race([Promise.all(this.#running), waited]);
      wait.abort();
    }
    this.#stopping.abort(new Error('the agent stops'));
  }

  #noteHub(isAway: boolean): void {
    if (isAway && this.resumeMs === 0) {
      this.#resumeMs = this.#clock.monotonicMs() + doublingDelayMs(this.#failures, HUB_AWAY_PAUSE);
      this.#failures += 1;
    } else if (!isAway) this.#failures = 0;
  }
}
