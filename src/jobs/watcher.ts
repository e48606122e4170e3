import { type CallContext, startCall } from '../core/call-context.js';
import { type Clock, systemClock, type Timer } from '../core/clock.js';
import { isAgentError } from '../core/errors.js';
import { type Instruments, noInstruments } from '../core/instruments.js';
import { type Log, silentLog } from '../core/log.js';
import type { HubDocument, HubPort, HubStatus } from '../iothub/ports.js';
import type { Store } from '../store/store.js';
import { readJob } from '../iothub/documents.js';
import { ActiveJobs } from './active-jobs.js';
import { ChangeTeller, type WatchingThing } from './change-teller.js';
import { type HubStatusTracker, trackHubStatus } from './hub-status.js';
import type { JobRegistrar, ScheduledJob } from './job-port.js';
import { hasEnded, isNotFound } from './outcome.js';
import type { RefusedCounts } from './refused-counts.js';
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits, usableBytes } from './result-size.js';
import { startPart } from './sub-call.js';
import { WatchList } from './watch-list.js';
import { miss, newRecord, observe, type WatchRecord, withThing } from './watch-record.js';

export interface JobWatcherOptions {
  readonly hub: HubPort;
  /** Its name in the configuration: part of the keys in the store. */
  readonly hubName: string;
  readonly store: Store;
  /** The Things of this hub. */
  readonly things: readonly WatchingThing[];
  readonly agentVersion: string;
  /** One for each hub, shared with its operations. */
  readonly refusedCounts: RefusedCounts;
  /** `watch.all`; false when absent. */
  readonly watchAll?: boolean;
  readonly intervalMs: number;
  readonly messageLimits?: MessageLimits;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly instruments?: Instruments;
}

/** Watches the jobs of one hub and keeps the properties of its Things. */
export interface JobWatcher {
  /** Told of the jobs that Things schedule. */
  readonly registrar: JobRegistrar;
  readonly hubStatus: HubStatus | undefined;
  /** Resolves once what an earlier process was watching has been taken up. */
  start(): Promise<void>;
  /** Idempotent. Resolves when nothing of it runs any more and all is in the store; waits 2 s at most for the platform. */
  stop(): Promise<void>;
}

/** In the order of a job's life: one that moves on between two calls is seen by the later one. */
const ACTIVE_STATUSES = ['scheduled', 'queued', 'pending', 'running'] as const;
const LIST_PAGE_SIZE = 250;
const MAX_LIST_PAGES = 40;
const MAX_WATCHED = 10_000;
const LOOKS_AT_ONCE = 4;
const ROUND_TIMEOUT_MS = 30_000;
const PROBE_EVERY_MS = 15_000;
const PROBE_TIMEOUT_MS = 10_000;
const MAX_ANSWERS = 10_000;
const READING_MS = 20_000;

export function createJobWatcher(options: JobWatcherOptions): JobWatcher {
  return new HubWatcher(options);
}

class HubWatcher implements JobWatcher {
  readonly registrar: JobRegistrar;
  readonly #options: JobWatcherOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #list: WatchList;
  readonly #teller: ChangeTeller;
  readonly #thingNames: readonly string[];
  readonly #stopping = new AbortController();
  readonly #timers = new Map<'round' | 'probe', Timer>();
  readonly #running = new Set<Promise<void>>();
  #status: HubStatusTracker | undefined;
  #toldActive = '';

  constructor(options: JobWatcherOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = (options.log ?? silentLog).child({ hub: options.hubName });
    this.#list = new WatchList(options.store, options.hubName, this.#log);
    this.#thingNames = options.things.map((thing) => thing.name);
    const things = new Map(options.things.map((thing) => [thing.name, thing]));
    this.#teller = new ChangeTeller(this.#list, things, this.#log, () => this.#clock.nowMs());
    this.registrar = {
      scheduling: (context, thing, job) => this.#scheduling(context, thing, job),
      scheduled: (thing, job, document) => this.#track(this.#scheduled(thing, job, document)),
      refused: (_thing, job) => this.#track(this.#refused(job)),
    };
  }

  get hubStatus(): HubStatus | undefined {
    return this.#status?.current;
  }

  async start(): Promise<void> {
    this.#setAll('agentVersion', this.#options.agentVersion);
    this.#status = trackHubStatus(this.#options.hub, this.#clock, (status) => {
      this.#log.info({ hubStatus: status }, 'the state of the hub has changed');
      this.#setAll('hubStatus', status);
    });
    try {
      await this.#list.load();
    } catch (error) {
      this.#log.warn({ err: error }, 'the watched jobs of an earlier run could not be read');
    }
    this.#track(this.#probeAndGoOn());
    this.#track(this.#roundAndGoOn());
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the agent stops'));
    for (const timer of this.#timers.values()) timer.cancel();
    this.#status?.stop();
    await this.#teller.stop(this.#clock);
    while (this.#running.size > 0) await Promise.all(this.#running);
    await this.#list.flush();
  }

  // Rounds and probes.

  async #roundAndGoOn(): Promise<void> {
    await this.#inCall(ROUND_TIMEOUT_MS, 'a round of the watcher was cut short', (context) => this.#round(context));
    this.#again('round', this.#options.intervalMs, () => this.#roundAndGoOn());
  }

  /** One item is enough to see how the hub answers; needless where another call has just shown it. */
  async #probeAndGoOn(): Promise<void> {
    const isNew = this.#clock.monotonicMs() - (this.#status?.heardAtMs ?? -Infinity) < PROBE_EVERY_MS / 2;
    if (!isNew)
      await this.#inCall(PROBE_TIMEOUT_MS, 'the hub does not answer as it should', async (context) => {
        await this.#options.hub.lane('background').listJobs(context, { pageSize: 1 });
      });
    this.#again('probe', PROBE_EVERY_MS, () => this.#probeAndGoOn());
  }

  #again(name: 'round' | 'probe', delayMs: number, run: () => Promise<void>): void {
    if (this.#stopping.signal.aborted) return;
    this.#timers.set(
      name,
      this.#clock.schedule(delayMs, () => this.#track(run())),
    );
  }

  async #inCall(timeoutMs: number, problem: string, run: (context: CallContext) => Promise<void>): Promise<void> {
    const context = startCall({
      timeoutMs,
      clock: this.#clock,
      log: this.#log,
      instruments: this.#options.instruments ?? noInstruments,
      signal: this.#stopping.signal,
    });
    try {
      await run(context);
    } catch (error) {
      if (isAgentError(error)) this.#log.debug({ err: error }, problem);
      else this.#log.error({ err: error }, problem);
    } finally {
      context.dispose();
    }
  }

  async #round(context: CallContext): Promise<void> {
    const active = await this.#listActive(context);
    this.#showActive(active);
    if (this.#options.watchAll === true) await this.#watchNew(active);
    for (const record of this.#list.all()) this.#teller.tell(record.jobId);
    const open = this.#list.all().filter((record) => !record.hasEnded);
    await Promise.all(open.map((record) => this.#noteListed(record.jobId, active)));
    await this.#lookAt(
      context,
      open.filter((record) => !active.get(record.jobId)),
    );
  }

  async #noteListed(jobId: string, active: ActiveJobs): Promise<void> {
    const state = active.get(jobId);
    if (state) await this.#note(jobId, state, undefined);
  }

  async #listActive(context: CallContext): Promise<ActiveJobs> {
    const active = new ActiveJobs();
    const hub = this.#options.hub.lane('background');
    for (const status of ACTIVE_STATUSES) {
      let continuationToken: string | undefined;
      let pages = 0;
      do {
        const token = continuationToken === undefined ? {} : { continuationToken };
        const page = await hub.listJobs(context, { status, pageSize: LIST_PAGE_SIZE, ...token });
        for (const document of page.items) active.add(document);
        continuationToken = page.continuationToken;
        pages += 1;
      } while (continuationToken !== undefined && pages < MAX_LIST_PAGES);
    }
    return active;
  }

  async #watchNew(active: ActiveJobs): Promise<void> {
    for (const { jobId, type } of active.states()) {
      if (jobId === undefined || this.#list.get(jobId) || this.#list.hasEnded(jobId)) continue;
      if (this.#list.size >= MAX_WATCHED) return;
      const options = { atMs: this.#clock.nowMs(), isConfirmed: true };
      await this.#list.put(newRecord(jobId, type ?? 'unknown', '*', options));
    }
  }

  /** One look at each watched job that is in no list any more. */
  async #lookAt(context: CallContext, records: readonly WatchRecord[]): Promise<void> {
    const queue = [...records];
    const worker = async (): Promise<void> => {
      for (let record = queue.shift(); record; record = queue.shift()) await this.#look(context, record);
    };
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, worker));
  }

  async #look(context: CallContext, record: WatchRecord): Promise<void> {
    const { jobId } = record;
    const hub = this.#options.hub.lane('background');
    const document = await hub.getJob(context, jobId).catch((error: unknown) => {
      if (isAgentError(error, 'JobNotFound')) return undefined;
      throw error;
    });
    const job = document && { ...readJob(document), jobId };
    if (!job || isNotFound(job)) return await this.#missed(jobId);
    if (!hasEnded(job)) return await this.#note(jobId, job, undefined);
    const part = startPart(context, { maxMs: READING_MS });
    try {
      await this.#note(jobId, job, await this.#options.refusedCounts.read(part, hub, job, MAX_ANSWERS));
    } finally {
      part.dispose();
    }
  }

  // Changes of the list.

  async #note(jobId: string, job: ReturnType<typeof readJob>, refusedCount: number | undefined): Promise<void> {
    const record = this.#list.get(jobId);
    // An end is final, whatever a list that lags behind still shows.
    if (!record || record.hasEnded) return;
    const observation = { job, refusedCount, atMs: this.#clock.nowMs() };
    const next = observe(record, observation, this.#thingNames);
    const isChanged = next.pending !== record.pending || !record.isConfirmed || next.hasEnded !== record.hasEnded;
    if (isChanged) await this.#list.put(next);
    this.#teller.tell(jobId);
  }

  async #missed(jobId: string): Promise<void> {
    const record = this.#list.get(jobId);
    if (!record) return;
    const next = miss(record, this.#clock.nowMs(), this.#thingNames);
    if (!next) {
      this.#log.info({ jobId }, 'the hub does not know this job; it is not watched any more');
      await this.#list.remove(jobId, false);
      return;
    }
    await this.#list.put(next);
    this.#teller.tell(jobId);
  }

  async #scheduling(_context: CallContext, thing: string, job: ScheduledJob): Promise<void> {
    if (this.#list.hasEnded(job.jobId)) return;
    await this.#list.put(this.#recordFor(thing, job, false));
  }

  async #scheduled(thing: string, job: ScheduledJob, document: HubDocument): Promise<void> {
    if (this.#list.hasEnded(job.jobId)) return;
    await this.#list.put({ ...this.#recordFor(thing, job, true), isConfirmed: true });
    const seen = readJob(document);
    // A job that exists already may have ended: then its answers have to be read before that is told.
    if (seen.status !== undefined && !hasEnded(seen))
      await this.#note(job.jobId, { ...seen, type: job.type }, undefined);
  }

  #recordFor(thing: string, job: ScheduledJob, isConfirmed: boolean): WatchRecord {
    const record = this.#list.get(job.jobId);
    if (record) return withThing(record, thing);
    const things = this.#options.watchAll === true ? '*' : [thing];
    return newRecord(job.jobId, job.type, things, { atMs: this.#clock.nowMs(), isConfirmed });
  }

  async #refused(job: ScheduledJob): Promise<void> {
    const record = this.#list.get(job.jobId);
    if (record && !record.isConfirmed) await this.#list.remove(job.jobId, false);
  }

  // Properties.

  #showActive(active: ActiveJobs): void {
    const rows = active.rows(usableBytes(this.#options.messageLimits ?? DEFAULT_MESSAGE_LIMITS) / 2);
    const state = JSON.stringify([active.count, rows]);
    if (state === this.#toldActive) return;
    this.#toldActive = state;
    this.#options.instruments?.gauge('hub_active_jobs', active.count, { hub: this.#options.hubName });
    this.#setAll('activeJobCount', active.count);
    this.#setAll('activeJobs', rows);
  }

  #setAll(name: string, value: unknown): void {
    for (const thing of this.#options.things) {
      try {
        thing.setProperty(name, value);
      } catch (error) {
        this.#log.error({ err: error, thing: thing.name, property: name }, 'a property could not be set');
      }
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#log.error({ err: error }, 'the watcher failed'))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}
