import { startCall } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import type { Instruments } from '../../core/instruments.js';
import type { Log } from '../../core/log.js';
import type { HubOperations } from '../../iothub/ports.js';
import { findJob, isMissing, type Misses, MISSING_POLL_MS, missedAgain } from '../known-job.js';
import { hasEnded } from '../outcome.js';
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

interface OpenJob {
  readonly pollMs: number;
  readonly misses?: Misses;
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
    this.#jobs.set(jobId, { pollMs: this.#nextPollMs() });
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
      const known = await findJob(hub, context, jobId);
      if (!known) await this.#missed(jobId, job);
      else if (hasEnded(known.job)) await this.ended(jobId);
      else if (this.#jobs.has(jobId)) this.#jobs.set(jobId, { pollMs: this.#nextPollMs() });
    } catch (error) {
      log.debug({ err: error, jobId }, 'a job of the queue could not be polled and will be polled again');
      this.#jobs.set(jobId, { ...job, pollMs: clock.nowMs() + IDLE_POLL_MS / 2 });
    } finally {
      context.dispose();
    }
  }

  /** Frees the place of a job that the hub does not have after enough polls. */
  async #missed(jobId: string, job: OpenJob): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    const misses = missedAgain(job.misses, nowMs);
    if (isMissing(misses, nowMs)) return await this.ended(jobId);
    this.#jobs.set(jobId, { misses, pollMs: nowMs + MISSING_POLL_MS });
  }

  #nextPollMs(): number {
    const { clock, places, pollIntervalMs } = this.#options;
    return clock.nowMs() + (places.hasWaiting ? pollIntervalMs : IDLE_POLL_MS);
  }
}
