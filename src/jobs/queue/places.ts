import type { Clock, Timer } from '../../core/clock.js';

/** Someone who wants hub jobs: a roll-out, or the queue of plain jobs. */
export interface PlaceClient {
  readonly name: string;
  /** Called when a place is kept for it; it takes the place by asking again. */
  readonly wake: () => void;
}

/** Pauses after a hub that has no place, since other programs use them too: 5 s, doubling, at most 60. */
const REFUSED_PAUSE_MS = { first: 5000, most: 60_000 };

/**
 * The places of one hub: how many jobs of ours may be open at once. Who asks in vain waits in line and is woken in turn, so
 * clients that ask for one place at a time share them fairly.
 */
export class HubPlaces {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #hubMax: number;
  readonly #open = new Set<string>();
  readonly #waiting = new Map<string, PlaceClient>();
  /** Clients that were woken and have not asked again yet. */
  readonly #kept = new Set<string>();
  #refusals = 0;
  #pause: Timer | undefined;

  /**
   * @param max how many jobs of ours may be open at once.
   * @param hubMax how many jobs of any program the hub runs at once; as many as `max` if absent.
   */
  constructor(max: number, clock: Clock, hubMax = max) {
    this.#max = max;
    this.#hubMax = hubMax;
    this.#clock = clock;
  }

  /** Jobs that are open now. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Whether somebody waits for a place. */
  get hasWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Takes a place for a job. If there is none, or others wait, the client is woken in its turn.
   * @param isFirst whether it goes before those that wait.
   */
  take(client: PlaceClient, jobId: string, isFirst = false): boolean {
    if (this.#kept.delete(client.name) || (this.#isFree() && (this.#waiting.size === 0 || isFirst))) {
      this.#waiting.delete(client.name);
      this.#open.add(jobId);
      return true;
    }
    if (!this.#waiting.has(client.name)) this.#enqueue(client, isFirst);
    return false;
  }

  /** Counts a job of an earlier process as open, whether there is a place for it or not. */
  adopt(jobId: string): void {
    this.#open.add(jobId);
  }

  /** A job has ended, or will not be made. */
  release(jobId: string): void {
    if (this.#open.delete(jobId)) this.#next();
  }

  /** A client wants no place any more. */
  leave(name: string): void {
    this.#waiting.delete(name);
    if (this.#kept.delete(name)) this.#next();
  }

  /** The hub had no place for a job, whose place is given back; nobody gets one for a while. */
  refused(jobId: string): void {
    const pauseMs = Math.min(REFUSED_PAUSE_MS.first * 2 ** this.#refusals, REFUSED_PAUSE_MS.most);
    this.#refusals += 1;
    this.#pause?.cancel();
    this.#pause = this.#clock.schedule(pauseMs, () => this.retryNow());
    this.release(jobId);
  }

  /** The hub has made a job. */
  accepted(): void {
    this.#refusals = 0;
  }

  /** A list of the hub shows that so many jobs are running: with fewer than the hub allows, the pause ends. */
  sawRunning(count: number): void {
    if (this.#pause && count < this.#hubMax) this.retryNow();
  }

  /** The pause is over: whoever waits may ask the hub again. */
  retryNow(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#next();
  }

  close(): void {
    this.#pause?.cancel();
    this.#waiting.clear();
    this.#kept.clear();
  }

  #isFree(): boolean {
    return this.#pause === undefined && this.#open.size + this.#kept.size < this.#max;
  }

  #enqueue(client: PlaceClient, isFirst: boolean): void {
    const others = isFirst ? [...this.#waiting] : [];
    if (isFirst) this.#waiting.clear();
    this.#waiting.set(client.name, client);
    for (const [name, other] of others) this.#waiting.set(name, other);
  }

  #next(): void {
    while (this.#isFree()) {
      const [client] = this.#waiting.values();
      if (!client) return;
      this.#waiting.delete(client.name);
      this.#kept.add(client.name);
      client.wake();
    }
  }
}
