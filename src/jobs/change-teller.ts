import { type Clock, sleep } from '../core/clock.js';
import { isAgentError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { NativeRow } from '../edge/definitions.js';
import { JOB_STATUS_CHANGED } from './thing-definitions.js';
import type { WatchList } from './watch-list.js';
import { eventRow, isDone, told, type WatchRecord } from './watch-record.js';

/** A Thing of the hub, as the watcher needs it. */
export interface WatchingThing {
  readonly name: string;
  setProperty(name: string, value: unknown): void;
  /** Resolves when the platform has answered. */
  fireEvent(name: string, row: NativeRow): Promise<void>;
}

/** So many events are on the way at once. */
const MAX_IN_FLIGHT = 16;
const STOP_PATIENCE_MS = 2000;
/** A change that the platform refused so often is given up: the Thing over there has no such event. */
const MAX_REFUSALS = 5;

/** Tells pending changes to the platform: those of one job in their order, those of several side by side. */
export class ChangeTeller {
  readonly #list: WatchList;
  readonly #things: ReadonlyMap<string, WatchingThing>;
  readonly #log: Log;
  readonly #waiting = new Set<string>();
  readonly #telling = new Map<string, Promise<void>>();
  readonly #refusals = new Map<string, number>();
  #isStopped = false;

  constructor(list: WatchList, things: ReadonlyMap<string, WatchingThing>, log: Log) {
    this.#list = list;
    this.#things = things;
    this.#log = log;
  }

  /** Begins to tell what is pending of a job, unless that is under way. What fails stays pending for the next time. */
  tell(jobId: string): void {
    if (this.#isStopped || this.#telling.has(jobId)) return;
    if (this.#telling.size >= MAX_IN_FLIGHT) {
      this.#waiting.add(jobId);
      return;
    }
    const telling = this.#tellAll(jobId)
      .catch((error: unknown) => this.#log.error({ err: error, jobId }, 'telling a change of a job failed'))
      .finally(() => {
        this.#telling.delete(jobId);
        this.#next();
      });
    this.#telling.set(jobId, telling);
  }

  /**
   * Tells nothing more; resolves when what was on the way has been answered and noted, or after a while without: that is
   * told again by the next run.
   */
  async stop(clock: Clock): Promise<void> {
    this.#isStopped = true;
    this.#waiting.clear();
    const patience = new AbortController();
    const answered = Promise.all(this.#telling.values());
    await Promise.race([answered, sleep(clock, STOP_PATIENCE_MS, patience.signal).catch(() => undefined)]);
    patience.abort();
  }

  #next(): void {
    const [jobId] = this.#waiting;
    if (jobId === undefined) return;
    this.#waiting.delete(jobId);
    this.tell(jobId);
  }

  async #tellAll(jobId: string): Promise<void> {
    for (let record = this.#list.get(jobId); record; record = this.#list.get(jobId)) {
      const thing = record.pending[0]?.things[0];
      if (thing === undefined) {
        if (isDone(record)) await this.#list.remove(jobId, true);
        return;
      }
      if (this.#isStopped || !(await this.#tellOne(record, thing))) return;
      const latest = this.#list.get(jobId);
      if (latest) await this.#list.put(told(latest, thing));
    }
  }

  /** Whether the change needs no more telling from this Thing. */
  async #tellOne(record: WatchRecord, name: string): Promise<boolean> {
    const change = record.pending[0];
    const thing = this.#things.get(name);
    if (!change || !thing) return true;
    try {
      await thing.fireEvent(JOB_STATUS_CHANGED, eventRow(record, change));
      this.#refusals.delete(record.jobId);
      return true;
    } catch (error) {
      this.#log.debug({ err: error, jobId: record.jobId, thing: name }, 'a change of a job is not told yet');
      return isAgentError(error, 'RequestRefused') && this.#isGivenUp(record.jobId, name, error);
    }
  }

  #isGivenUp(jobId: string, thing: string, error: unknown): boolean {
    const refusals = (this.#refusals.get(jobId) ?? 0) + 1;
    this.#refusals.set(jobId, refusals);
    if (refusals < MAX_REFUSALS) return false;
    this.#refusals.delete(jobId);
    this.#log.warn({ err: error, jobId, thing }, 'the platform keeps refusing the event of a job; it is given up');
    return true;
  }
}
