import { doublingDelayMs } from '../../core/backoff.js';
import { type CallContext, startCall } from '../../core/call-context.js';
import { isAgentError } from '../../core/errors.js';
import { omitUndefined } from '../../core/objects.js';
import { findJob } from '../known-job.js';
import { createQueuedJob, type Creation } from './create-queued-job.js';
import type { QueueTransitions } from './queue-transitions.js';
import { dueMsOf, isWaiting, type QueueHead } from './queue-records.js';

const CALL_TIMEOUT_MS = 25_000;
/** Pauses after a failure of the hub or the store. */
const PROBLEM_PAUSE = { baseMs: 1000, capMs: 30_000 };
const CLEAN_EVERY_MS = 3_600_000;

/** Creates the jobs of the queue, one after the other, in order. */
export class QueueLoop {
  readonly #transitions: QueueTransitions;
  #loop: Promise<void> | undefined;
  #failures = 0;
  #pauseUntilMs = 0;
  #cleanedMs = -Infinity;

  constructor(transitions: QueueTransitions) {
    this.#transitions = transitions;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when the current step has ended. The queue must be stopping. */
  async stopped(): Promise<void> {
    this.#transitions.pause.wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { pause, stopping } = this.#transitions;
    while (!stopping.signal.aborted) {
      let pauseUntilMs: number | undefined;
      try {
        pauseUntilMs = await this.#step();
        if (pauseUntilMs === undefined) this.#failures = 0;
      } catch (error) {
        pauseUntilMs = this.#pauseAfter(error);
      }
      if (pauseUntilMs !== undefined && !stopping.signal.aborted) await pause.until(pauseUntilMs);
    }
  }

  /** Runs one step; returns until when to pause if there is nothing to do. */
  async #step(): Promise<number | undefined> {
    const { list, clock, placed } = this.#transitions;
    const nowMs = clock.nowMs();
    if (nowMs < this.#pauseUntilMs) return this.#pauseUntilMs;
    if (clock.monotonicMs() - this.#cleanedMs >= CLEAN_EVERY_MS) {
      this.#cleanedMs = clock.monotonicMs();
      await list.clean(nowMs);
    }
    const waiting = list.waiting.filter(({ jobId }) => !this.#transitions.isBusy(jobId));
    const expired = waiting.find((head) => nowMs >= this.#transitions.expiresMs(head));
    if (expired) return await this.#exclusive(expired, (head) => this.#expire(head));
    const next = waiting.find(({ jobId }) => placed.has(jobId)) ?? waiting.find((head) => dueMsOf(head) <= nowMs);
    if (!next) {
      this.#transitions.leaveLine();
      return this.#nextMs();
    }
    if (!placed.has(next.jobId) && !this.#transitions.takePlace(next.jobId)) return this.#nextMs();
    placed.add(next.jobId);
    return await this.#exclusive(next, (head) => this.#createQueuedJob(head));
  }

  async #exclusive({ jobId }: QueueHead, run: (head: QueueHead) => Promise<void>): Promise<undefined> {
    const { list, stopping } = this.#transitions;
    await this.#transitions.exclusive(jobId, stopping.signal, async () => {
      const head = list.get(jobId);
      if (head && isWaiting(head)) await run(head);
    });
  }

  /** Creates a job, which is recorded as `asked` before the request. */
  async #createQueuedJob(waiting: QueueHead): Promise<void> {
    const { list, clock, hub, options } = this.#transitions;
    const request = await list.request(waiting);
    const askedMs = waiting.askedMs ?? clock.nowMs();
    const head = waiting.state === 'asked' ? waiting : await list.put({ ...waiting, state: 'asked', askedMs });
    const { guards = {} } = options;
    const creation = await this.#inCall(head, (context) => createQueuedJob({ hub, guards }, context, head, request));
    await this.#settle(head, creation);
  }

  async #expire(head: QueueHead): Promise<void> {
    if (head.state === 'asked')
      await this.#settle(head, await this.#inCall(head, (context) => this.#lastPoll(context, head)));
    else await this.#transitions.end(head, { status: 'failed', failureReason: 'QueueExpired' });
  }

  /** Asks for a job that has expired, because the hub may have created it. */
  async #lastPoll(context: CallContext, { jobId }: QueueHead): Promise<Creation> {
    const known = await findJob(this.#transitions.hub, context, jobId);
    return known ? { kind: 'accepted', document: known.document } : { kind: 'refused', reason: 'QueueExpired' };
  }

  async #settle(head: QueueHead, creation: Creation): Promise<void> {
    switch (creation.kind) {
      case 'accepted':
        return await this.#transitions.accept(head, creation.document);
      case 'noPlace':
        return await this.#transitions.requeue(head, creation.isSure);
      case 'refused':
        return await this.#transitions.end(head, { status: 'failed', failureReason: creation.reason });
      case 'unknown':
        throw creation.error;
    }
  }

  /** When the next job is due or expires. */
  #nextMs(): number {
    const nowMs = this.#transitions.clock.nowMs();
    const times = this.#transitions.list.waiting.flatMap((head) => [dueMsOf(head), this.#transitions.expiresMs(head)]);
    return Math.min(...times.filter((timeMs) => timeMs > nowMs));
  }

  #pauseAfter(error: unknown): number {
    const { clock, log, stopping } = this.#transitions;
    const pauseMs = doublingDelayMs(this.#failures, PROBLEM_PAUSE);
    this.#failures += 1;
    this.#pauseUntilMs = clock.nowMs() + pauseMs;
    if (!stopping.signal.aborted) {
      if (isAgentError(error))
        log.debug({ err: error, pauseMs }, 'a queued job could not be created; the agent tries again');
      else log.error({ err: error, pauseMs }, 'a step of the job queue failed');
    }
    return this.#pauseUntilMs;
  }

  /** Continues the call that scheduled the job, under its correlation id. */
  async #inCall<T>({ jobId, correlationId }: QueueHead, run: (context: CallContext) => Promise<T>): Promise<T> {
    const { clock, log, instruments, stopping } = this.#transitions;
    const context = startCall({
      timeoutMs: CALL_TIMEOUT_MS,
      clock,
      log,
      instruments,
      signal: stopping.signal,
      notes: { fields: { jobId } },
      ...omitUndefined({ correlationId }),
    });
    try {
      return await run(context);
    } finally {
      context.dispose();
    }
  }
}
