import { fullJitterMs } from '../core/backoff.js';
import { type CallContext, noteChange, remainingMs } from '../core/call-context.js';
import { sleep } from '../core/clock.js';
import { AgentError, isAgentError } from '../core/errors.js';
import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import { type Job, readJob } from '../iothub/documents.js';
import type { HubDocument, HubOperations } from '../iothub/ports.js';
import type { JobEnvironment, JobToSchedule } from './environment.js';
import { acknowledgementFault } from './job-document.js';
import { isNotFound } from './outcome.js';
import { isSameDefinition } from './same-definition.js';

const READ_AGAIN = { baseMs: 500, capMs: 3000 };
/** With less time left than this, the hub is not asked again. */
const MIN_READ_MS = 200;

/**
 * Creates a job once and returns its id.
 * @param queue whether it may wait in the agent's queue; by default as the agent is configured.
 * @throws AgentError `JobAlreadyExists` if another job has the id; `StateRequired` if there is no queue; otherwise the
 * errors of the hub port and of the queue.
 */
export async function scheduleJob(
  env: JobEnvironment,
  context: CallContext,
  job: JobToSchedule,
  queue: boolean = env.queuesJobs,
): Promise<string> {
  if (queue && !env.queue)
    throw new AgentError(
      'StateRequired',
      'The job queue requires persistent state; set stateDir or database in the configuration of the agent, or omit queue.',
    );
  const { jobId } = job.request;
  noteChange(context, { jobId });
  if (await env.queue?.has(job)) return jobId;
  if (queue && env.queue) await env.queue.schedule(env, context, job);
  else await scheduleOnce(env, context, job);
  return jobId;
}

/**
 * Creates a job exactly once, however many attempts that takes, and returns its id.
 * @throws AgentError `JobAlreadyExists` if another job has the id; otherwise the errors of the hub port.
 */
export async function scheduleOnce(env: JobEnvironment, context: CallContext, job: JobToSchedule): Promise<string> {
  const { jobId, type, startTime } = job.request;
  await env.registrar?.scheduling(context, env.thing, { jobId, type });
  try {
    const document = await putOrFind(env.hub.lane('user'), context, job);
    env.registrar?.scheduled(env.thing, { jobId, type, ...(startTime && { startTime }) }, document);
    return jobId;
  } catch (error) {
    if (isRefusal(error)) env.registrar?.refused(env.thing, { jobId, type });
    throw withJobId(error, jobId);
  }
}

/** Schedules a job and returns its document, or that of the same job if it exists. @throws as `scheduleOnce`. */
export async function putOrFind(hub: HubOperations, context: CallContext, job: JobToSchedule): Promise<HubDocument> {
  let fault: string | undefined;
  try {
    const document = await hub.scheduleJob(context, job.request);
    fault = acknowledgementFault(document, job.request.jobId);
    if (fault === undefined) return document;
  } catch (error) {
    if (!isAgentError(error, 'JobAlreadyExists')) throw error;
    if (!job.hasGivenId) return {};
    return await findSame(hub, context, job, error);
  }
  // The response may not come from the hub, so that only the job itself shows whether it was created.
  return await findSame(hub, context, job, unexpectedAnswerError(fault));
}

/** Reads the job with the id until its definition is visible; for a generated id it is enough that the job exists. */
async function findSame(
  hub: HubOperations,
  context: CallContext,
  job: JobToSchedule,
  conflict: AgentError,
): Promise<HubDocument> {
  const { jobId } = job.request;
  for (let attempt = 0; ; attempt += 1) {
    const document = await hub.getJob(context, jobId);
    const existing = readJob(document);
    const fault = isNotFound(existing) ? undefined : acknowledgementFault(document, jobId);
    if (fault !== undefined) throw unexpectedAnswerError(fault);
    const isSame = isNotFound(existing) ? undefined : isSameJob(existing, job);
    if (isSame === true) return document;
    if (isSame === false) throw anotherJob(jobId, conflict);
    // A pause takes at most half of the remaining time, so that one more read is always possible.
    const leftMs = remainingMs(context);
    if (leftMs < MIN_READ_MS) throw notShown(jobId, conflict);
    const pauseMs = Math.min(100 + fullJitterMs(attempt, READ_AGAIN), leftMs / 2);
    await sleep(context.clock, pauseMs, context.signal).catch(() => {
      throw notShown(jobId, conflict);
    });
  }
}

export function anotherJob(jobId: string, cause?: AgentError): AgentError {
  return new AgentError(
    'JobAlreadyExists',
    `The hub has another job with the id ${jobId}; omit jobId or choose another one.`,
    cause ? { cause } : {},
  );
}

function isSameJob(existing: Job, job: JobToSchedule): boolean | undefined {
  return job.hasGivenId ? isSameDefinition(existing, job.request, job.hasGivenStart) : true;
}

/** An unexpected response is itself the reason; a conflict only says that the id is in use. */
function notShown(jobId: string, cause: AgentError): AgentError {
  if (cause.context['isUnexpectedAnswer'] === true) return cause;
  return new AgentError(
    'HubTimeout',
    `The hub did not show in time whether the job with the id ${jobId} is the requested one; repeat the call, or check with GetJob.`,
    { cause },
  );
}

/** Whether it is certain that the hub has not created the job. */
export function isRefusal(error: unknown): boolean {
  if (!isAgentError(error)) return false;
  const isSure = ['HubRejected', 'HubUnauthorized', 'HubJobQuotaExceeded', 'HubThrottled', 'JobAlreadyExists'];
  return isSure.includes(error.code) && error.context['answerLost'] !== true;
}

/** Adds the id to an error that leaves open whether the job exists, so that the caller can look for it. */
function withJobId(error: unknown, jobId: string): unknown {
  if (!isAgentError(error) || error.context['answerLost'] !== true) return error;
  return new AgentError(
    error.code,
    `${error.message} The job may have been created; look for it with GetJob, id ${jobId}.`,
    {
      cause: error,
      retryable: error.retryable,
      context: { ...error.context, jobId },
    },
  );
}

/** A start in the past means now, so it does not identify a job. */
export function hasFutureStart(startTime: Date | undefined, context: CallContext): boolean {
  return startTime !== undefined && startTime.getTime() > context.clock.nowMs();
}

/** When a job starts for which the caller has set `startTime`, or none. */
export function startOf(startTime: Date | undefined, context: CallContext): Date {
  return new Date(Math.max(startTime?.getTime() ?? 0, context.clock.nowMs()));
}
