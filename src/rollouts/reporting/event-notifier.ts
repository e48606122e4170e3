import { type Clock, sleep, type Timer } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { WatchingThing } from '../../jobs/watch/change-notifier.js';
import type { Store } from '../../store/store.js';
import type { RolloutKeys } from '../records/keys.js';
import type { RolloutEvent, RolloutRecord } from '../records/records.js';
import { eventRow } from './rows.js';
import { ROLLOUT_CHANGED } from './thing-definitions.js';

export interface NotifierOptions {
  readonly store: Store;
  readonly keys: RolloutKeys;
  /** By name. Events of other Things are kept until these are served again. */
  readonly things: ReadonlyMap<string, WatchingThing>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Maximum number of roll-outs with an event in flight. */
const MAX_IN_FLIGHT = 16;
const RETRY_MS = 5000;
/** Maximum time that a stop waits for events in flight. */
const STOP_WAIT_MS = 2000;
/** An event is dropped after this many refusals, because the Thing on the platform does not define it. */
const MAX_REFUSALS = 5;

/**
 * Fires the events of roll-outs: those of one roll-out in their order, those of several at the same time. An event is removed
 * from the store once the platform has acknowledged it, so that each is reported at least once.
 */
export class EventNotifier {
  readonly #options: NotifierOptions;
  readonly #inFlight = new Map<number, Promise<void>>();
  /** Roll-outs whose events are sent when another one is no longer in flight, or once more. */
  readonly #waiting = new Set<number>();
  readonly #retries = new Map<number, Timer>();
  /** Number of events of each open roll-out at the last call of `changed`. */
  readonly #seen = new Map<number, number>();
  /** Keys of acknowledged events that could not be removed from the store yet. */
  readonly #acknowledged = new Set<string>();
  readonly #refusals = new Map<string, number>();
  #isStopped = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Sends the events of an earlier process. */
  async start(): Promise<void> {
    const { store, keys } = this.#options;
    for await (const [key] of store.entries({ prefix: keys.events }))
      this.#notify(Number(key.slice(keys.events.length, key.lastIndexOf('/'))));
  }

  /** Sends the new events of a roll-out that has changed. */
  changed({ sequence, eventCount, endMs }: RolloutRecord): void {
    if (this.#seen.get(sequence) === eventCount) return;
    if (endMs === undefined) this.#seen.set(sequence, eventCount);
    else this.#seen.delete(sequence);
    this.#notify(sequence);
  }

  /** Stops sending. Events that are not acknowledged in time are sent again by the next process. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waiting.clear();
    for (const timer of this.#retries.values()) timer.cancel();
    const wait = new AbortController();
    const answered = Promise.all(this.#inFlight.values());
    await Promise.race([answered, sleep(this.#options.clock, STOP_WAIT_MS, wait.signal).catch(() => undefined)]);
    wait.abort();
  }

  #notify(sequence: number): void {
    if (this.#isStopped) return;
    if (this.#inFlight.has(sequence) || this.#inFlight.size >= MAX_IN_FLIGHT) {
      this.#waiting.add(sequence);
      return;
    }
    this.#retries.get(sequence)?.cancel();
    this.#retries.delete(sequence);
    const sending = this.#sendAll(sequence)
      .catch((error: unknown) => {
        this.#options.log.debug({ err: error }, 'an event of a roll-out could not be sent; the agent tries again');
        this.#retryLater(sequence);
      })
      .finally(() => {
        this.#inFlight.delete(sequence);
        this.#notifyNext();
      });
    this.#inFlight.set(sequence, sending);
  }

  #notifyNext(): void {
    const next = [...this.#waiting].find((sequence) => !this.#inFlight.has(sequence));
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#notify(next);
  }

  #retryLater(sequence: number): void {
    if (this.#isStopped) return;
    const retry = this.#options.clock.schedule(RETRY_MS, () => this.#notify(sequence));
    this.#retries.set(sequence, retry);
  }

  async #sendAll(sequence: number): Promise<void> {
    const { store, keys } = this.#options;
    while (!this.#isStopped) {
      const [entry] = await firstOf(store, keys.eventsOf(sequence));
      if (!entry) return;
      const [key, event] = entry;
      const thing = this.#options.things.get(event.thing);
      if (!thing) return;
      if (!this.#acknowledged.has(key)) await this.#send(thing, key, event);
      this.#acknowledged.add(key);
      await store.delete(key);
      this.#acknowledged.delete(key);
    }
  }

  /** Resolves when the platform has acknowledged the event, or has refused it too often. */
  async #send(thing: WatchingThing, key: string, event: RolloutEvent): Promise<void> {
    try {
      await thing.fireEvent(ROLLOUT_CHANGED, eventRow(event));
    } catch (error) {
      const refusals = (this.#refusals.get(key) ?? 0) + 1;
      this.#refusals.set(key, refusals);
      if (!isAgentError(error, 'RequestRefused') || refusals < MAX_REFUSALS) throw error;
      const { rolloutId } = event;
      this.#options.log.warn(
        { err: error, rolloutId, thing: thing.name },
        'the platform refused an event of a roll-out repeatedly; the event is dropped',
      );
    }
    this.#refusals.delete(key);
  }
}

async function firstOf(store: Store, prefix: string): Promise<(readonly [key: string, event: RolloutEvent])[]> {
  const entries: (readonly [string, RolloutEvent])[] = [];
  for await (const [key, value] of store.entries({ prefix, limit: 1 })) entries.push([key, value as RolloutEvent]);
  return entries;
}
