import { type CallContext, startCall } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import type { Instruments } from '../../core/instruments.js';
import type { Log } from '../../core/log.js';
import { readJob } from '../../iothub/documents.js';
import type { HubOperations } from '../../iothub/ports.js';
import { hasEnded, isNotFound } from '../outcome.js';
import type { HubPlaces } from './places.js';
import type { QueueList } from './queue-list.js';
import type { QueueHead } from './queue-records.js';
import { WakeablePause } from '../../core/wakeable-pause.js';

export interface OpenJobsOptions {
  readonly hub: HubOperations;
  readonly list: QueueList;
  readonly places: HubPlaces;
  /** Between two looks at a job while somebody waits for its place. */
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
  readonly signal: AbortSignal;
}

const LOOK_TIMEOUT_MS = 15_000;
/** Between two looks while nobody waits, and after one that failed. */
const IDLE_LOOK_MS = 60_000;
/** A job that the hub does not know in so many looks, over this time at least, takes no place any more. */
const LOST_AFTER = { looks: 3, ms: 60_000 };

interface OpenJob {
  readonly pollMs: number;
  readonly misses: number;
  readonly firstMissMs: number;
}

/** The jobs of the queue that take a place of the hub, looked at until they have ended. */
export class OpenJobs {
  readonly #options: OpenJobsOptions;
  readonly #jobs = new Map<string, OpenJob>();
  readonly #rest: WakeablePause;
  #loop: Promise<void> | undefined;

  constructor(options: OpenJobsOptions) {
    this.#options = options;
    this.#rest = new WakeablePause(options.clock);
    options.signal.addEventListener('abort', () => this.#rest.wake(), { once: true });
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when no look runs any more. The signal must have been aborted. */
  async stopped(): Promise<void> {
    await this.#loop;
  }

  /** Looks at the job from now on. */
  track({ jobId }: QueueHead): void {
    this.#jobs.set(jobId, { pollMs: this.#nextLookMs(), misses: 0, firstMissMs: 0 });
    this.#rest.wake();
  }

  /** Somebody waits for a place: the next looks come sooner. */
  hurry(): void {
    const soonMs = this.#nextLookMs();
    for (const [jobId, job] of this.#jobs) if (job.pollMs > soonMs) this.#jobs.set(jobId, { ...job, pollMs: soonMs });
    this.#rest.wake();
  }

  /** The job has ended: its place is free. What the store does not take now is noticed by the next process. */
  async ended(jobId: string): Promise<void> {
    if (!this.#jobs.delete(jobId)) return;
    const { list, places, log } = this.#options;
    places.release(jobId);
    const head = list.get(jobId);
    if (head?.state !== 'open') return;
    await list.remove(head).catch((error: unknown) => {
      log.debug({ err: error, jobId }, 'the record of an ended job could not be removed from the queue');
    });
  }

  async #run(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      const nowMs = clock.nowMs();
      const due = [...this.#jobs].filter(([, { pollMs }]) => pollMs <= nowMs);
      for (const [jobId, job] of due) {
        if (signal.aborted) return;
        if (this.#jobs.get(jobId) === job) await this.#look(jobId, job);
      }
      const next = Math.min(...[...this.#jobs.values()].map(({ pollMs }) => pollMs));
      if (next > clock.nowMs()) await this.#rest.until(next);
    }
  }

  async #look(jobId: string, job: OpenJob): Promise<void> {
    const { hub, clock, log, instruments, signal } = this.#options;
    const context = startCall({ timeoutMs: LOOK_TIMEOUT_MS, clock, log, instruments, signal });
    try {
      const state = await stateOf(hub, context, jobId);
      if (state === 'ended') await this.ended(jobId);
      else if (state === 'unknown') await this.#missed(jobId, job);
      else if (this.#jobs.has(jobId)) this.#jobs.set(jobId, { ...job, misses: 0, pollMs: this.#nextLookMs() });
    } catch (error) {
      log.debug({ err: error, jobId }, 'a job of the queue cannot be read now');
      this.#jobs.set(jobId, { ...job, pollMs: clock.nowMs() + IDLE_LOOK_MS / 2 });
    } finally {
      context.dispose();
    }
  }

  async #missed(jobId: string, { misses, firstMissMs }: OpenJob): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    const firstMs = misses === 0 ? nowMs : firstMissMs;
    if (misses + 1 >= LOST_AFTER.looks && nowMs - firstMs >= LOST_AFTER.ms) return await this.ended(jobId);
    this.#jobs.set(jobId, { misses: misses + 1, firstMissMs: firstMs, pollMs: nowMs + LOST_AFTER.ms / 2 });
  }

  #nextLookMs(): number {
    const { clock, places, pollIntervalMs } = this.#options;
    return clock.nowMs() + (places.hasWaiting ? pollIntervalMs : IDLE_LOOK_MS);
  }
}

async function stateOf(hub: HubOperations, context: CallContext, jobId: string): Promise<'ended' | 'open' | 'unknown'> {
  try {
    const job = readJob(await hub.getJob(context, jobId));
    if (isNotFound(job)) return 'unknown';
    return hasEnded(job) ? 'ended' : 'open';
  } catch (error) {
    if (isAgentError(error, 'JobNotFound')) return 'unknown';
    throw error;
  }
}
