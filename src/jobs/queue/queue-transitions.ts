import { untilAborted } from '../../core/promises.js';
import type { Clock } from '../../core/clock.js';
import { type Instruments, noInstruments } from '../../core/instruments.js';
import { type Log, silentLog } from '../../core/log.js';
import type { HubDocument, HubOperations, HubPort } from '../../iothub/ports.js';
import type { Store } from '../../store/store.js';
import type { JobRegistrar } from '../environment.js';
import type { Guards } from '../guards.js';
import { OpenJobs } from './open-jobs.js';
import type { HubPlaces } from './places.js';
import { QueueList } from './queue-list.js';
import { dueMsOf, type QueueEnd, type QueueHead } from './queue-records.js';
import { WakeablePause } from '../../core/wakeable-pause.js';

export interface JobQueueOptions {
  readonly hub: HubPort;
  /** The hub's name in the configuration: part of the keys in the store. */
  readonly hubName: string;
  readonly store: Store;
  /** The places of the hub, shared with the roll-outs. */
  readonly places: HubPlaces;
  /** Checked again when a job is created. */
  readonly guards?: Guards;
  /** The watcher of the hub. */
  readonly registrar?: JobRegistrar;
  /** `rollouts.queueMaxAgeSeconds`, in milliseconds. */
  readonly maxAgeMs: number;
  /** Time between two polls of an open job while a client waits for a place. */
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  readonly log?: Log;
  readonly instruments?: Instruments;
  /** Called with the number of waiting jobs when it changes. */
  readonly onCount?: (count: number) => void;
}

/** The transitions of queued jobs between states. Each is in the store before the watcher is notified. */
export class QueueTransitions {
  readonly options: JobQueueOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
  /** The background lane, in which calls of users have priority. */
  readonly hub: HubOperations;
  readonly list: QueueList;
  readonly open: OpenJobs;
  /** The pauses of the loop that creates jobs. */
  readonly pause: WakeablePause;
  readonly stopping = new AbortController();
  /** Ids of jobs that have a place and may or may not have been created. */
  readonly placed = new Set<string>();
  /** Steps and calls in progress, by job; another one for the same job waits. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #client = { name: 'jobs/queue', wake: (): void => this.pause.wake() };
  #isInLine = false;
  #shownCount = -1;

  constructor(options: JobQueueOptions) {
    const { hub, hubName, store, places, clock, pollIntervalMs, log = silentLog } = options;
    this.options = options;
    this.clock = clock;
    this.log = log.child({ hub: hubName });
    this.instruments = options.instruments ?? noInstruments;
    this.hub = hub.lane('background');
    this.list = new QueueList(store, hubName, this.log);
    this.pause = new WakeablePause(clock);
    const { hub: operations, list, instruments } = this;
    const { signal } = this.stopping;
    this.open = new OpenJobs({
      hub: operations,
      list,
      places,
      pollIntervalMs,
      clock,
      log: this.log,
      instruments,
      signal,
    });
  }

  /** Loads the jobs of an earlier process. */
  async load(): Promise<void> {
    await this.list.load();
    await this.list.clean(this.clock.nowMs());
    for (const head of this.list.all()) {
      if (head.state === 'asked') this.placed.add(head.jobId);
      if (head.state === 'open') this.open.track(head);
      if (head.state === 'asked' || head.state === 'open') this.options.places.adopt(head.jobId);
      // The process may have ended between the record and the event.
      if (head.state !== 'open') this.notify(head);
    }
    this.showCount();
  }

  /** Takes a place of the hub for a job. If there is none, the queue is in line and its loop is woken in its turn. */
  takePlace(jobId: string): boolean {
    this.#isInLine = !this.options.places.take(this.#client, jobId, true);
    if (this.#isInLine) this.open.pollSoon();
    return !this.#isInLine;
  }

  /** Leaves the line for places, because no job needs one now. */
  leaveLine(): void {
    if (this.#isInLine) this.options.places.leave(this.#client.name);
    this.#isInLine = false;
  }

  /** Records that the hub has the job. */
  async accept(head: QueueHead, document: HubDocument): Promise<void> {
    const open = await this.list.put({ ...head, state: 'open' });
    const { jobId, thing, type } = head;
    this.placed.delete(jobId);
    this.options.places.adopt(jobId);
    this.options.places.accepted();
    this.options.registrar?.scheduled(thing, { jobId, type }, document);
    this.open.track(open);
    this.showCount();
  }

  /** Frees the place of a job that the hub had no place for. @param isSure whether the job certainly does not exist. */
  async requeue(head: QueueHead, isSure: boolean): Promise<void> {
    this.placed.delete(head.jobId);
    this.options.places.refused(head.jobId);
    if (isSure) await this.list.put({ ...head, state: 'waiting' });
  }

  /** Ends a job that the hub does not have. */
  async end(head: QueueHead, end: Omit<QueueEnd, 'atMs'>): Promise<void> {
    const ended = await this.list.end(head, { ...end, atMs: this.clock.nowMs() });
    this.placed.delete(head.jobId);
    this.options.places.release(head.jobId);
    this.showCount();
    this.pause.wake();
    this.notify(ended);
  }

  /** When a job that still waits fails with `QueueExpired`. */
  expiresMs(head: QueueHead): number {
    return dueMsOf(head) + this.options.maxAgeMs;
  }

  notify({ jobId, thing, type, end }: QueueHead): void {
    this.options.registrar?.queued(thing, { jobId, type, status: end?.status ?? 'queued', counts: {} });
  }

  showCount(): void {
    const count = this.list.waiting.length;
    if (count === this.#shownCount) return;
    this.#shownCount = count;
    this.instruments.gauge('hub_queue_length', count, { hub: this.options.hubName });
    this.options.onCount?.(count);
  }

  isBusy(jobId: string): boolean {
    return this.#busy.has(jobId);
  }

  /** Runs when no other step or call is in progress for the job. @throws the reason of `signal` while it waits. */
  async exclusive<T>(jobId: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    for (let other = this.#busy.get(jobId); other; other = this.#busy.get(jobId)) await untilAborted(signal, other);
    const turn = run();
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#busy.set(jobId, settled);
    try {
      return await turn;
    } finally {
      this.#busy.delete(jobId);
      this.pause.wake();
    }
  }
}
