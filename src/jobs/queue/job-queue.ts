import type { CallContext } from '../../core/call-context.js';
import { AgentError, isAgentError } from '../../core/errors.js';
import { readJob } from '../../iothub/documents.js';
import type { HubDocument, HubOperations } from '../../iothub/ports.js';
import type { JobEnvironment, JobQueue, JobToSchedule } from '../environment.js';
import { findJob } from '../known-job.js';
import { isSameDefinition } from '../same-definition.js';
import { anotherJob, isRefusal, scheduleOnce } from '../schedule.js';
import { QueueLoop } from './queue-loop.js';
import { type JobQueueOptions, QueueTransitions } from './queue-transitions.js';
import { dueMsOf, isWaiting, type QueueHead, queueDocument } from './queue-records.js';

/** Maximum number of waiting jobs. */
const MAX_QUEUED = 1000;

/** The queue for the places of one hub: jobs wait in the store until the hub has a place for them. */
export class HubJobQueue implements JobQueue {
  readonly #transitions: QueueTransitions;
  readonly #loop: QueueLoop;
  /** New jobs are stored one after the other, so that two calls with one id create only one job. */
  #adding: Promise<unknown> = Promise.resolve();

  constructor(options: JobQueueOptions) {
    this.#transitions = new QueueTransitions(options);
    this.#loop = new QueueLoop(this.#transitions);
  }

  /** Loads the jobs of an earlier process and starts creating jobs. */
  async start(): Promise<void> {
    await this.#transitions.load();
    this.#transitions.open.start();
    this.#loop.start();
  }

  /** Stops creating jobs; resolves when the current step has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#transitions.stopping.abort(new Error('the agent stops'));
    await this.#loop.stopped();
    await this.#transitions.open.stopped();
  }

  /** Number of waiting jobs. */
  get count(): number {
    return this.#transitions.list.waiting.length;
  }

  get jobIds(): readonly string[] {
    const { list } = this.#transitions;
    const ended = [...list.all()].filter(({ state }) => state === 'ended');
    return [...list.waiting, ...ended].map(({ jobId }) => jobId);
  }

  /** Whether the job waits here, so that the hub may not know it. */
  isWaiting(jobId: string): boolean {
    const head = this.#transitions.list.get(jobId);
    return head !== undefined && isWaiting(head);
  }

  /** To be called when the watcher has found that a job has ended; frees its place. */
  ended(jobId: string): void {
    if (this.#transitions.list.get(jobId)?.state === 'open') void this.#transitions.open.ended(jobId);
  }

  async has(job: JobToSchedule): Promise<boolean> {
    const { jobId } = job.request;
    const document = await this.find(jobId);
    if (!document) return false;
    if (isSameDefinition(readJob(document), job.request, job.hasGivenStart) === true) return true;
    throw anotherJob(jobId);
  }

  async find(jobId: string): Promise<HubDocument | undefined> {
    const { list } = this.#transitions;
    const head = list.get(jobId);
    if (!head || head.state === 'open') return undefined;
    const request = await list.request(head);
    // The hub may have accepted the job meanwhile, and then the queue no longer has its request.
    const current = list.get(jobId);
    if (!current || current.state === 'open') return undefined;
    return queueDocument(current, request, list.placeOf(jobId));
  }

  async schedule(env: JobEnvironment, context: CallContext, job: JobToSchedule): Promise<void> {
    if (job.hasGivenId && (await isAtHub(env.hub.lane('user'), context, job))) return;
    if (this.#isFree(job) && this.#transitions.takePlace(job.request.jobId)) {
      if (await this.#createNow(env, context, job)) return;
    }
    await this.#add(env, context, job);
  }

  async cancel(context: CallContext, jobId: string): Promise<HubDocument | undefined> {
    return await this.#transitions.exclusive(jobId, context.signal, async () => {
      const head = this.#transitions.list.get(jobId);
      if (!head || head.state === 'open') return undefined;
      if (head.state === 'ended') throw notCancellable(head);
      const hub = this.#transitions.options.hub.lane('user');
      const known = head.state === 'asked' ? await findJob(hub, context, jobId) : undefined;
      if (known) await this.#transitions.accept(head, known.document);
      else await this.#transitions.end(head, { status: 'cancelled' });
      return await this.find(jobId);
    });
  }

  /** Whether a job may be created at once if the hub has a place, because no job that is due waits before it. */
  #isFree({ hasGivenStart }: JobToSchedule): boolean {
    const nowMs = this.#transitions.clock.nowMs();
    return !hasGivenStart && !this.#transitions.list.waiting.some((head) => dueMsOf(head) <= nowMs);
  }

  /**
   * Creates a job that has a place; returns false if the hub has none. The job is recorded as open before the request, so
   * that a restart at any time counts its place.
   */
  async #createNow(env: JobEnvironment, context: CallContext, job: JobToSchedule): Promise<boolean> {
    const { jobId } = job.request;
    const { list, open, options } = this.#transitions;
    const head = await list.add({ ...this.#newHead(env, context, job), state: 'open' }).catch((error: unknown) => {
      options.places.release(jobId);
      throw storeFailure(error);
    });
    try {
      await scheduleOnce(env, context, job);
      options.places.accepted();
      open.track(head);
      return true;
    } catch (error) {
      // The job may exist nevertheless, so it keeps its place until a poll shows that it does not.
      open.track(head);
      if (!isRefusal(error)) throw error;
      const hasPlaces = !isAgentError(error, 'HubJobQuotaExceeded');
      if (!hasPlaces) options.places.refused(jobId);
      await open.ended(jobId);
      if (hasPlaces) throw error;
      return false;
    }
  }

  async #add(env: JobEnvironment, context: CallContext, job: JobToSchedule): Promise<void> {
    const added = this.#adding.then(async () => {
      if (!(await this.has(job))) await this.#store(env, context, job);
    });
    this.#adding = added.catch(() => undefined);
    await added;
    this.#transitions.showCount();
    this.#transitions.open.pollSoon();
    this.#transitions.pause.wake();
  }

  async #store(env: JobEnvironment, context: CallContext, { request, ...job }: JobToSchedule): Promise<void> {
    const { list, options } = this.#transitions;
    const { startTime, ...stored } = request;
    const { jobId, type } = request;
    if (this.count >= MAX_QUEUED) throw queueFull();
    const head = {
      ...this.#newHead(env, context, { request, ...job }),
      ...(job.hasGivenStart && startTime ? { startMs: startTime.getTime() } : {}),
      state: 'waiting' as const,
    };
    await options.registrar?.scheduling(context, env.thing, { jobId, type });
    try {
      this.#transitions.notify(await list.add(head, stored));
    } catch (error) {
      options.registrar?.refused(env.thing, { jobId, type });
      throw storeFailure(error);
    }
  }

  #newHead(
    env: JobEnvironment,
    { correlationId }: CallContext,
    { request, hasGivenId }: JobToSchedule,
  ): Omit<QueueHead, 'version' | 'sequence' | 'state'> {
    const { jobId, type } = request;
    const calledMs = this.#transitions.clock.nowMs();
    return { jobId, type, thing: env.thing, hasGivenId, correlationId, calledMs };
  }
}

/**
 * Whether the hub has the job already. If the hub cannot be asked now, this is checked again when the job is created.
 * @throws AgentError `JobAlreadyExists`.
 */
async function isAtHub(hub: HubOperations, context: CallContext, job: JobToSchedule): Promise<boolean> {
  const { jobId } = job.request;
  const known = await findJob(hub, context, jobId).catch((error: unknown) => {
    if (!isAgentError(error) || context.signal.aborted) throw error;
    return undefined;
  });
  if (!known) return false;
  const isSame = isSameDefinition(known.job, job.request, job.hasGivenStart);
  if (isSame === false) throw anotherJob(jobId);
  return isSame === true;
}

function storeFailure(error: unknown): unknown {
  if (!isAgentError(error, 'StateUnwritable')) return error;
  return new AgentError('ServiceUnavailable', 'The job could not be stored in the queue of the agent; retry later.', {
    cause: error,
  });
}

function queueFull(): AgentError {
  return new AgentError(
    'JobQueueFull',
    `The queue of the agent is full: ${MAX_QUEUED} jobs wait in it. Retry later, or cancel jobs that wait.`,
  );
}

function notCancellable({ jobId, end }: QueueHead): AgentError {
  const status = end?.status ?? 'failed';
  return new AgentError(
    'JobNotCancellable',
    `The job ${jobId} cannot be cancelled: its status is ${status}, and only jobs that are queued, scheduled or pending can be.`,
    { context: { jobId, status } },
  );
}
