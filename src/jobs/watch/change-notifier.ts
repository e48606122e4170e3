import { type Clock, sleep } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { NativeRow } from '../../edge/definitions.js';
import { JOB_STATUS_CHANGED } from '../thing-definitions.js';
import type { WatchList } from './watch-list.js';
import { eventRow, isDone, notified, type WatchRecord } from './record.js';

/** What the watcher needs of a Thing of the hub. */
export interface WatchingThing {
  readonly name: string;
  setProperty(name: string, value: unknown): void;
  /** Resolves when the platform has responded. */
  fireEvent(name: string, row: NativeRow): Promise<void>;
}

/** Maximum number of jobs whose events are in flight at once. */
const MAX_IN_FLIGHT = 16;
/** How long a stop waits for events in flight. */
const STOP_WAIT_MS = 2000;
/** A change that the platform has refused this many times is dropped, because its Thing has no such event. */
const MAX_REFUSALS = 5;

/** Notifies the platform of pending changes: in order for one job, concurrently for several jobs. */
export class ChangeNotifier {
  readonly #list: WatchList;
  readonly #things: ReadonlyMap<string, WatchingThing>;
  readonly #log: Log;
  readonly #waiting = new Set<string>();
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #refusals = new Map<string, number>();
  #isStopped = false;

  constructor(list: WatchList, things: ReadonlyMap<string, WatchingThing>, log: Log) {
    this.#list = list;
    this.#things = things;
    this.#log = log;
  }

  /** Starts to send the pending changes of a job, unless that is in progress. Changes that cannot be sent stay pending. */
  notify(jobId: string): void {
    if (this.#isStopped || this.#inFlight.has(jobId)) return;
    if (this.#inFlight.size >= MAX_IN_FLIGHT) {
      this.#waiting.add(jobId);
      return;
    }
    const sending = this.#sendAll(jobId)
      .catch((error: unknown) =>
        this.#log.error({ err: error, jobId }, 'could not notify the platform of a change of a job'),
      )
      .finally(() => {
        this.#inFlight.delete(jobId);
        this.#notifyNext();
      });
    this.#inFlight.set(jobId, sending);
  }

  /**
   * Stops sending. Resolves when the events in flight have been acknowledged and stored, or after a timeout; events that
   * were not acknowledged by then are sent again after a restart.
   */
  async stop(clock: Clock): Promise<void> {
    this.#isStopped = true;
    this.#waiting.clear();
    const wait = new AbortController();
    const answered = Promise.all(this.#inFlight.values());
    await Promise.race([answered, sleep(clock, STOP_WAIT_MS, wait.signal).catch(() => undefined)]);
    wait.abort();
  }

  #notifyNext(): void {
    const [jobId] = this.#waiting;
    if (jobId === undefined) return;
    this.#waiting.delete(jobId);
    this.notify(jobId);
  }

  async #sendAll(jobId: string): Promise<void> {
    for (let record = this.#list.get(jobId); record; record = this.#list.get(jobId)) {
      const thing = record.pending[0]?.things[0];
      if (thing === undefined) {
        if (isDone(record)) await this.#list.remove(jobId, true);
        return;
      }
      if (this.#isStopped || !(await this.#send(record, thing))) return;
      const latest = this.#list.get(jobId);
      if (latest) await this.#list.put(notified(latest, thing));
    }
  }

  /** Sends the event of one Thing; returns whether the change is settled for it. */
  async #send(record: WatchRecord, name: string): Promise<boolean> {
    const change = record.pending[0];
    const thing = this.#things.get(name);
    if (!change || !thing) return true;
    try {
      await thing.fireEvent(JOB_STATUS_CHANGED, eventRow(record, change));
      this.#refusals.delete(record.jobId);
      return true;
    } catch (error) {
      this.#log.debug(
        { err: error, jobId: record.jobId, thing: name },
        'the event of a job could not be sent yet; it stays pending',
      );
      return isAgentError(error, 'RequestRefused') && this.#isDropped(record.jobId, name, error);
    }
  }

  #isDropped(jobId: string, thing: string, error: unknown): boolean {
    const refusals = (this.#refusals.get(jobId) ?? 0) + 1;
    this.#refusals.set(jobId, refusals);
    if (refusals < MAX_REFUSALS) return false;
    this.#refusals.delete(jobId);
    this.#log.warn(
      { err: error, jobId, thing },
      'the platform keeps refusing the event of a job; the event is dropped',
    );
    return true;
  }
}
