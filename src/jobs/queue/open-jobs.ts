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
  /** Time between two polls of a job while a client waits for a place. */
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
  readonly signal: AbortSignal;
}

const POLL_TIMEOUT_MS = 15_000;
/** Time between two polls while no client waits for a place. */
const IDLE_POLL_MS = 60_000;
/** The place of a job is freed when this many polls in a row did not find it, over this time at least. */
const LOST_AFTER = { polls: 3, ms: 60_000 };

interface OpenJob {
  readonly pollMs: number;
  readonly misses: number;
  readonly firstMissMs: number;
}

/** Polls the jobs of the queue that occupy a place of the hub until they have ended. */
export class OpenJobs {
  readonly #options: OpenJobsOptions;
  readonly #jobs = new Map<string, OpenJob>();
  readonly #pause: WakeablePause;
  #loop: Promise<void> | undefined;

  constructor(options: OpenJobsOptions) {
    this.#options = options;
    this.#pause = new WakeablePause(options.clock);
    options.signal.addEventListener('abort', () => this.#pause.wake(), { once: true });
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when the current poll has ended. The signal must have been aborted. */
  async stopped(): Promise<void> {
    await this.#loop;
  }

  /** Polls the job from now on. */
  track({ jobId }: QueueHead): void {
    this.#jobs.set(jobId, { pollMs: this.#nextPollMs(), misses: 0, firstMissMs: 0 });
    this.#pause.wake();
  }

  /** Advances the next polls, because a client waits for a place. */
  pollSoon(): void {
    const soonMs = this.#nextPollMs();
    for (const [jobId, job] of this.#jobs) if (job.pollMs > soonMs) this.#jobs.set(jobId, { ...job, pollMs: soonMs });
    this.#pause.wake();
  }

  /** Frees the place of a job that has ended. A record that cannot be removed now is removed by the next process. */
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
        if (this.#jobs.get(jobId) === job) await this.#poll(jobId, job);
      }
      const next = Math.min(...[...this.#jobs.values()].map(({ pollMs }) => pollMs));
      if (next > clock.nowMs()) await this.#pause.until(next);
    }
  }

  async #poll(jobId: string, job: OpenJob): Promise<void> {
    const { hub, clock, log, instruments, signal } = this.#options;
    const context = startCall({ timeoutMs: POLL_TIMEOUT_MS, clock, log, instruments, signal });
    try {
      const state = await stateOf(hub, context, jobId);
      if (state === 'ended') await this.ended(jobId);
      else if (state === 'unknown') await this.#missed(jobId, job);
      else if (this.#jobs.has(jobId)) this.#jobs.set(jobId, { ...job, misses: 0, pollMs: this.#nextPollMs() });
    } catch (error) {
      log.debug({ err: error, jobId }, 'a job of the queue could not be polled and will be polled again');
      this.#jobs.set(jobId, { ...job, pollMs: clock.nowMs() + IDLE_POLL_MS / 2 });
    } finally {
      context.dispose();
    }
  }

  async #missed(jobId: string, { misses, firstMissMs }: OpenJob): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    const firstMs = misses === 0 ? nowMs : firstMissMs;
    if (misses + 1 >= LOST_AFTER.polls && nowMs - firstMs >= LOST_AFTER.ms) return await this.ended(jobId);
    this.#jobs.set(jobId, { misses: misses + 1, firstMissMs: firstMs, pollMs: nowMs + LOST_AFTER.ms / 2 });
  }

  #nextPollMs(): number {
    const { clock, places, pollIntervalMs } = this.#options;
    return clock.nowMs() + (places.hasWaiting ? pollIntervalMs : IDLE_POLL_MS);
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
