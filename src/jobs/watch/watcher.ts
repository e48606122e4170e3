import { untilAborted } from '../../core/promises.js';
import type { CallContext } from '../../core/call-context.js';
import { type Clock, systemClock } from '../../core/clock.js';
import { type Instruments, noInstruments } from '../../core/instruments.js';
import { type Log, silentLog } from '../../core/log.js';
import type { HubDocument, HubOperations, HubPort, HubStatus } from '../../iothub/ports.js';
import { isOutOfReach, type Store, type StoreChange } from '../../store/store.js';
import type { JobIndex } from '../read-model/job-index.js';
import type { ActiveJobs } from './active-jobs.js';
import { ActiveLists } from './active-lists.js';
import { ChangeNotifier, type WatchingThing } from './change-notifier.js';
import { findHandedOver, handOver, WatchList } from './watch-list.js';
import { HubProperties } from './hub-properties.js';
import { JobPoller } from './job-poller.js';
import type { JobRegistrar, ScheduledJob } from '../environment.js';
import type { JobHistory } from '../history/job-history.js';
import type { RefusedCounts } from '../refused-counts.js';
import type { MessageLimits } from '../result-size.js';
import { TimedWork } from './timed-work.js';
import { WatchChanges } from './changes.js';
import { isDone, type WatchRecord } from './record.js';

/** The part of the agent's job queue that the watcher uses. */
export interface WatchedQueue {
  /** Whether the job waits in the queue, so that the hub does not have it. */
  isWaiting(jobId: string): boolean;
  /** A job that waits or has ended in the queue; undefined for any other. */
  find(jobId: string): Promise<HubDocument | undefined>;
  /** Called when a job of the hub has ended. */
  ended(jobId: string): void;
  /** Called with the number of jobs that are running on the hub. */
  reportRunning(count: number): void;
}

export interface JobWatcherOptions {
  readonly hub: HubPort;
  /** The hub's name in the configuration: part of the keys in the store. */
  readonly hubName: string;
  readonly store: Store;
  /** The Things of this hub. */
  readonly things: readonly WatchingThing[];
  readonly agentVersion: string;
  /** One for each hub, shared with its operations. */
  readonly refusedCounts: RefusedCounts;
  /** `watch.all`; default false. */
  readonly watchAll?: boolean;
  readonly intervalMs: number;
  /** The jobs that the console shows: while somebody views them, the hub is polled as if a job were watched. */
  readonly index?: JobIndex;
  /** The agent's queue for the places of the hub. */
  readonly queue?: WatchedQueue;
  /** Keeps the jobs that have ended; absent without persistent state. */
  readonly history?: JobHistory | undefined;
  readonly messageLimits?: MessageLimits;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly instruments?: Instruments;
}

/** Watches the jobs of one hub and keeps the properties of its Things. */
export interface JobWatcher {
  /** Is notified of the jobs that Things schedule. */
  readonly registrar: JobRegistrar;
  readonly hubStatus: HubStatus | undefined;
  /** Number of jobs of any client that have not ended; undefined until they were listed. */
  readonly activeCount: number | undefined;
  /** Resolves once the records of an earlier process have been loaded. */
  start(): Promise<void>;
  /** Starts to watch the jobs that other agents have handed over for this hub. @throws AgentError as the store. */
  takeUp(): Promise<void>;
  /** Returns the changes that hand over unwritten records to the agent that serves the hub now. Only after `stop`. */
  leftovers(): readonly StoreChange[];
  /** Idempotent. Resolves when all work has ended and is in the store; waits at most 2 s for the platform. */
  stop(): Promise<void>;
}

const ROUND_TIMEOUT_MS = 60_000;
const PROBE_EVERY_MS = 15_000;
const PROBE_TIMEOUT_MS = 10_000;

export function createJobWatcher(options: JobWatcherOptions): JobWatcher {
  return new HubWatcher(options);
}

/**
 * Runs two loops. While jobs are watched, rounds follow each other at `intervalMs`: all lists, then a read of each watched
 * job that is in none of them. Every 15 s there is a probe. While nothing is watched, it lists the next status in turn;
 * otherwise it requests one item, and only if no other call has shown recently how the hub responds.
 */
class HubWatcher implements JobWatcher {
  readonly registrar: JobRegistrar;
  readonly #options: JobWatcherOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #instruments: Instruments;
  readonly #hub: HubOperations;
  readonly #list: WatchList;
  readonly #notifier: ChangeNotifier;
  readonly #changes: WatchChanges;
  readonly #lists: ActiveLists;
  readonly #poller: JobPoller;
  readonly #properties: HubProperties;
  readonly #work: TimedWork;
  #isRoundPending = false;
  #ignoreViewers: (() => void) | undefined;
  #roundDueMs = 0;

  constructor(options: JobWatcherOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = (options.log ?? silentLog).child({ hub: options.hubName });
    this.#instruments = options.instruments ?? noInstruments;
    this.#hub = options.hub.lane('background');
    this.#list = new WatchList(options.store, options.hubName, this.#log);
    const things = new Map(options.things.map((thing) => [thing.name, thing]));
    this.#notifier = new ChangeNotifier(this.#list, things, this.#log);
    const common = { hub: this.#hub, clock: this.#clock, log: this.#log };
    this.#changes = new WatchChanges({
      ...common,
      list: this.#list,
      notifier: this.#notifier,
      thingNames: [...things.keys()],
      watchAll: options.watchAll === true,
      history: options.history,
      findQueued: (jobId) => options.queue?.find(jobId) ?? Promise.resolve(undefined),
      onEnded: (jobId) => options.queue?.ended(jobId),
      onOutcome: (outcome) => this.#instruments.count('job_outcomes_total', { hub: options.hubName, outcome }),
    });
    const observed = { clock: this.#clock, log: this.#log, instruments: this.#instruments };
    this.#work = new TimedWork(observed);
    this.#properties = new HubProperties({ ...options, ...observed });
    this.#lists = new ActiveLists({ ...common, onRunning: (count) => options.queue?.reportRunning(count) });
    this.#poller = new JobPoller({
      ...common,
      changes: this.#changes,
      refusedCounts: options.refusedCounts,
      pauseMs: options.intervalMs,
    });
    this.registrar = {
      scheduling: (_context, thing, job) => this.#scheduling(thing, job),
      scheduled: (thing, job, document) => this.#work.track(this.#changes.scheduled(thing, job, document)),
      refused: (_thing, job) => this.#work.track(this.#changes.refused(job)),
      queued: (thing, job) => this.#work.track(this.#changes.queued(thing, job)),
    };
  }

  get hubStatus(): HubStatus | undefined {
    return this.#properties.hubStatus;
  }

  get activeCount(): number | undefined {
    return this.#lists.latest?.count;
  }

  async start(): Promise<void> {
    this.#properties.start();
    try {
      await this.#list.load();
    } catch (error) {
      // The start is retried as a whole, since an agent that shares its state must know which jobs others have watched.
      if (isOutOfReach(error)) throw error;
      this.#log.warn({ err: error }, 'could not read the watched jobs of an earlier run');
    }
    this.#ignoreViewers = this.#options.index?.onViewed(() => {
      if (!this.#isRoundPending) this.#startRound();
    });
    if (this.#hasWork()) this.#startRound();
    this.#work.track(this.#probeAndContinue());
  }

  async stop(): Promise<void> {
    this.#work.stop();
    this.#properties.stop();
    this.#ignoreViewers?.();
    await this.#notifier.stop(this.#clock);
    await this.#work.settled();
    await this.#list.flush();
  }

  async takeUp(): Promise<void> {
    const { store, hubName } = this.#options;
    const { records, removal } = await findHandedOver(store, hubName);
    if (removal.length === 0) return;
    for (const record of records) {
      if (this.#list.get(record.jobId) || this.#list.hasEnded(record.jobId)) continue;
      // The end of a job is read again, for the history that the other agent could not write; it is notified only once.
      await this.#list.put({ ...record, hasEnded: false });
    }
    if (!this.#list.hasUnwritten) await store.batch(removal);
    if (!this.#isRoundPending) this.#startRound();
  }

  leftovers(): readonly StoreChange[] {
    return handOver(this.#options.hubName, this.#list.unwritten());
  }

  async #scheduling(thing: string, job: ScheduledJob): Promise<void> {
    await this.#changes.scheduling(thing, job);
    if (!this.#isRoundPending) this.#scheduleRound();
  }

  // Rounds and probes.

  /** Whether rounds are needed: to poll the hub, or to retry what the platform or the store has not accepted yet. */
  #hasWork(): boolean {
    return this.#concernsAll() || this.#list.size > 0 || this.#list.hasUnwritten;
  }

  /** Whether the hub must be polled in each round. */
  #isWatching(): boolean {
    return this.#concernsAll() || this.#list.all().some((record) => this.#isAtHub(record));
  }

  /** Whether jobs of other clients matter too. */
  #concernsAll(): boolean {
    return this.#options.watchAll === true || this.#options.index?.isViewed === true;
  }

  /** Whether the state of the job must be read from the hub. */
  #isAtHub({ jobId, hasEnded }: WatchRecord): boolean {
    return !hasEnded && this.#options.queue?.isWaiting(jobId) !== true;
  }

  #scheduleRound(): void {
    this.#isRoundPending = true;
    this.#roundDueMs = this.#clock.monotonicMs() + this.#options.intervalMs;
    this.#work.schedule('round', this.#options.intervalMs, () => this.#roundAndContinue());
  }

  #startRound(): void {
    this.#isRoundPending = true;
    this.#roundDueMs = this.#clock.monotonicMs();
    this.#work.track(this.#roundAndContinue());
  }

  async #roundAndContinue(): Promise<void> {
    await this.#work.inCall(ROUND_TIMEOUT_MS, 'a round of the watcher ended early', (context) => this.#round(context));
    this.#isRoundPending = false;
    this.#showProgress();
    if (this.#hasWork()) this.#scheduleRound();
  }

  /** The lag is the time from when a round was due to its end: how old the states are beyond the interval. */
  #showProgress(): void {
    const lagMs = this.#clock.monotonicMs() - this.#roundDueMs;
    this.#instruments.gauge('watch_lag_seconds', lagMs / 1000, { hub: this.#options.hubName });
    this.#instruments.gauge('watch_jobs', this.#list.size, { hub: this.#options.hubName });
  }

  async #probeAndContinue(): Promise<void> {
    const startMs = this.#clock.monotonicMs();
    await this.#work.inCall(PROBE_TIMEOUT_MS, 'the hub does not respond as expected', (context) =>
      this.#probe(context),
    );
    const tookMs = this.#clock.monotonicMs() - startMs;
    this.#work.schedule('probe', Math.max(0, PROBE_EVERY_MS - tookMs), () => this.#probeAndContinue());
  }

  async #probe(context: CallContext): Promise<void> {
    if (!this.#isWatching()) {
      await this.#lists.readNext(context);
      this.#properties.showActive(this.#lists.latest);
    } else if (this.#clock.monotonicMs() - this.#properties.respondedAtMs >= PROBE_EVERY_MS / 2) {
      await untilAborted(context.signal, this.#hub.listJobs(context, { pageSize: 1 }));
    }
  }

  async #round(context: CallContext): Promise<void> {
    await this.#list.retry();
    for (const record of this.#list.all())
      if (record.pending.length > 0 || isDone(record)) this.#notifier.notify(record.jobId);
    if (!this.#isWatching()) return;
    const active = await this.#lists.readAll(context);
    this.#properties.showActive(this.#lists.latest);
    if (this.#options.watchAll === true) await this.#changes.watchOthers(active);
    const { index, queue } = this.#options;
    if (index?.isViewed === true) await index.settle(context, active, (jobId) => queue?.isWaiting(jobId) === true);
    const open = this.#list.all().filter((record) => this.#isAtHub(record));
    await Promise.all(open.map(({ jobId }) => this.#observeListed(jobId, active)));
    const unlisted = open.filter(({ jobId }) => !active.get(jobId));
    await this.#poller.poll(
      context,
      unlisted.map(({ jobId }) => jobId),
    );
  }

  async #observeListed(jobId: string, active: ActiveJobs): Promise<void> {
    const state = active.get(jobId);
    if (state) await this.#changes.observed(jobId, state, undefined);
  }
}
