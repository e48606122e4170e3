import { doublingDelayMs } from '../../core/backoff.js';
import type { Clock, Timer } from '../../core/clock.js';

/** A client that creates hub jobs: a roll-out, or the queue of plain jobs. */
export interface PlaceClient {
  readonly name: string;
  /** Called when a place is reserved for the client, which takes it with another call of `take`. */
  readonly wake: () => void;
}

/** Pauses after the hub had no place, because jobs of other programs occupy it: 5 s, doubling, at most 60. */
const REFUSED_PAUSE = { baseMs: 5000, capMs: 60_000 };

/**
 * The places of one hub: how many jobs of the agent may be open at once. A client that gets no place is in line and is woken
 * in its turn, so that clients share the places fairly.
 */
export class HubPlaces {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #hubMax: number;
  readonly #open = new Set<string>();
  readonly #waiting = new Map<string, PlaceClient>();
  /** Clients that have been woken and have not taken their place yet. */
  readonly #reserved = new Set<string>();
  #refusals = 0;
  #pause: Timer | undefined;

  /**
   * @param max how many jobs of the agent may be open at once.
   * @param hubMax how many jobs of any program the hub runs at once; default `max`.
   */
  constructor(max: number, clock: Clock, hubMax = max) {
    this.#max = max;
    this.#hubMax = hubMax;
    this.#clock = clock;
  }

  /** Number of jobs that occupy a place. */
  get openCount(): number {
    return this.#open.size;
  }

  /** How many jobs may be open at once. */
  get limit(): number {
    return this.#max;
  }

  /** Whether a client is in line. */
  get hasWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Takes a place for a job and returns true. If there is none, or others wait, the client is put in line and woken in its
   * turn.
   * @param isFirst whether the client goes before all that wait.
   */
  take(client: PlaceClient, jobId: string, isFirst = false): boolean {
    if (this.#reserved.delete(client.name) || (this.#isFree() && (this.#waiting.size === 0 || isFirst))) {
      this.#waiting.delete(client.name);
      this.#open.add(jobId);
      return true;
    }
    if (!this.#waiting.has(client.name)) this.#enqueue(client, isFirst);
    return false;
  }

  /** Counts a job that exists already, even if that exceeds the number of places. */
  adopt(jobId: string): void {
    this.#open.add(jobId);
  }

  /** Frees the place of a job that has ended or will not be created. */
  release(jobId: string): void {
    if (this.#open.delete(jobId)) this.#next();
  }

  /** Removes a client that needs no place any more. */
  leave(name: string): void {
    this.#waiting.delete(name);
    if (this.#reserved.delete(name)) this.#next();
  }

  /** Frees the place of a job that the hub had no place for, and assigns no place for a while. */
  refused(jobId: string): void {
    const pauseMs = doublingDelayMs(this.#refusals, REFUSED_PAUSE);
    this.#refusals += 1;
    this.#pause?.cancel();
    this.#pause = this.#clock.schedule(pauseMs, () => this.retryNow());
    this.release(jobId);
  }

  /** To be called when the hub has created a job; resets the pause after refusals. */
  accepted(): void {
    this.#refusals = 0;
  }

  /** Ends the pause if `count` running jobs, as a list of the hub shows them, are fewer than the hub allows. */
  reportRunning(count: number): void {
    if (this.#pause && count < this.#hubMax) this.retryNow();
  }

  /** Ends the pause, so that the next in line may try again. */
  retryNow(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#next();
  }

  close(): void {
    this.#pause?.cancel();
    this.#waiting.clear();
    this.#reserved.clear();
  }

  #isFree(): boolean {
    return this.#pause === undefined && this.#open.size + this.#reserved.size < this.#max;
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
      this.#reserved.add(client.name);
      client.wake();
    }
  }
}
