import { type CallContext, startCall } from '../core/call-context.js';
import { type Clock, systemClock, type Timer } from '../core/clock.js';
import { isAgentError } from '../core/errors.js';
import { stringifyJson } from '../core/exact-json.js';
import { type Instruments, noInstruments } from '../core/instruments.js';
import { type Log, silentLog } from '../core/log.js';
import type { HubPort, HubStatus } from '../iothub/ports.js';
import type { Store } from '../store/store.js';
import { readJob } from '../iothub/documents.js';
import type { ActiveJobs } from './active-jobs.js';
import { ChangeTeller, type WatchingThing } from './change-teller.js';
import { type HubStatusTracker, trackHubStatus } from './hub-status.js';
import type { JobRegistrar } from './job-port.js';
import { listActive } from './list-active.js';
import { hasEnded, isNotFound } from './outcome.js';
import type { RefusedCounts } from './refused-counts.js';
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits, usableBytes } from './result-size.js';
import { startPart } from './sub-call.js';
import { WatchList } from './watch-list.js';
import { WatchNotes } from './watch-notes.js';
import { isDone, type WatchRecord } from './watch-record.js';

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
  readonly #notes: WatchNotes;
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
    const things = new Map(options.things.map((thing) => [thing.name, thing]));
    this.#teller = new ChangeTeller(this.#list, things, this.#log, () => this.#clock.nowMs());
    this.#notes = new WatchNotes({
      list: this.#list,
      teller: this.#teller,
      thingNames: [...things.keys()],
      watchAll: options.watchAll === true,
      clock: this.#clock,
      log: this.#log,
    });
    this.registrar = {
      scheduling: (_context, thing, job) => this.#notes.scheduling(thing, job),
      scheduled: (thing, job, document) => this.#track(this.#notes.scheduled(thing, job, document)),
      refused: (_thing, job) => this.#track(this.#notes.refused(job)),
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
    const active = await listActive(context, this.#options.hub.lane('background'));
    this.#showActive(active);
    if (this.#options.watchAll === true) await this.#notes.takeUp(active);
    for (const record of this.#list.all())
      if (record.pending.length > 0 || isDone(record, this.#clock.nowMs())) this.#teller.tell(record.jobId);
    const open = this.#list.all().filter((record) => !record.hasEnded);
    await Promise.all(open.map((record) => this.#noteListed(record.jobId, active)));
    await this.#lookAt(
      context,
      open.filter((record) => !active.get(record.jobId)),
    );
  }

  async #noteListed(jobId: string, active: ActiveJobs): Promise<void> {
    const state = active.get(jobId);
    if (state) await this.#notes.observed(jobId, state, undefined);
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
    if (!job || isNotFound(job)) return await this.#notes.missed(jobId);
    if (!hasEnded(job)) return await this.#notes.observed(jobId, job, undefined);
    const part = startPart(context, { maxMs: READING_MS });
    try {
      await this.#notes.observed(jobId, job, await this.#options.refusedCounts.read(part, hub, job, MAX_ANSWERS));
    } finally {
      part.dispose();
    }
  }

  // Properties.

  #showActive(active: ActiveJobs): void {
    const rows = active.rows(usableBytes(this.#options.messageLimits ?? DEFAULT_MESSAGE_LIMITS) / 2);
    const state = stringifyJson([active.count, rows]) ?? '';
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
