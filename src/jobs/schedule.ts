import { fullJitterMs } from '../core/backoff.js';
import { type CallContext, remainingMs } from '../core/call-context.js';
import { sleep } from '../core/clock.js';
import { AgentError, isAgentError } from '../core/errors.js';
import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import { type Job, readJob } from '../iothub/documents.js';
import type { HubDocument, JobRequest } from '../iothub/ports.js';
import type { JobEnvironment } from './environment.js';
import { oddAcknowledgement } from './job-document.js';
import { isNotFound } from './outcome.js';
import { isSameDefinition } from './same-definition.js';

export interface JobToSchedule {
  readonly request: JobRequest;
  /** Whether the caller chose the id; an id of ours that exists can only come from an earlier attempt of this call. */
  readonly hasGivenId: boolean;
  readonly hasGivenStart: boolean;
}

const LOOK_AGAIN = { baseMs: 500, capMs: 3000 };
/** With less time than this the hub is not asked again. */
const LAST_LOOK_MS = 200;

/**
 * Creates a job once, however often the hub has to be asked for it, and returns its id.
 * @throws AgentError `JobAlreadyExists` when another job has the id; otherwise what the hub port throws.
 */
export async function scheduleOnce(env: JobEnvironment, context: CallContext, job: JobToSchedule): Promise<string> {
  const { jobId, type, startTime } = job.request;
  await env.registrar?.scheduling(context, env.thing, { jobId, type });
  try {
    const document = await putOrFind(env, context, job);
    env.registrar?.scheduled(env.thing, { jobId, type, startTime }, document);
    return jobId;
  } catch (error) {
    if (isRefusal(error)) env.registrar?.refused(env.thing, { jobId, type });
    throw withJobId(error, jobId);
  }
}

async function putOrFind(env: JobEnvironment, context: CallContext, job: JobToSchedule): Promise<HubDocument> {
  const hub = env.hub.lane('user');
  let odd: string | undefined;
  try {
    const document = await hub.scheduleJob(context, job.request);
    odd = oddAcknowledgement(document, job.request.jobId);
    if (odd === undefined) return document;
  } catch (error) {
    if (!isAgentError(error, 'JobAlreadyExists')) throw error;
    if (!job.hasGivenId) return {};
    return await findSame(env, context, job, error);
  }
  // The response may not come from the hub, so that only the job itself shows whether it was created.
  return await findSame(env, context, job, unexpectedAnswerError(odd));
}

/** Looks at the job that has the id until its definition shows; for an id of our own it is enough that it is there. */
async function findSame(
  env: JobEnvironment,
  context: CallContext,
  job: JobToSchedule,
  conflict: AgentError,
): Promise<HubDocument> {
  const { jobId } = job.request;
  for (let look = 0; ; look += 1) {
    const document = await env.hub.lane('user').getJob(context, jobId);
    const existing = readJob(document);
    const odd = isNotFound(existing) ? undefined : oddAcknowledgement(document, jobId);
    if (odd !== undefined) throw unexpectedAnswerError(odd);
    const isSame = isNotFound(existing) ? undefined : isSameJob(existing, job);
    if (isSame === true) return document;
    if (isSame === false)
      throw new AgentError(
        'JobAlreadyExists',
        `The hub has another job with the id ${jobId}; leave jobId out, or choose another one.`,
        { cause: conflict },
      );
    // A pause takes half of what is left at most, so that there is always time for one more look.
    const leftMs = remainingMs(context);
    if (leftMs < LAST_LOOK_MS) throw notShown(jobId, conflict);
    const pauseMs = Math.min(100 + fullJitterMs(look, LOOK_AGAIN), leftMs / 2);
    await sleep(context.clock, pauseMs, context.signal).catch(() => {
      throw notShown(jobId, conflict);
    });
  }
}

function isSameJob(existing: Job, job: JobToSchedule): boolean | undefined {
  return job.hasGivenId ? isSameDefinition(existing, job.request, job.hasGivenStart) : true;
}

/** A response that was odd is the reason itself; a conflict only says that the id is taken. */
function notShown(jobId: string, cause: AgentError): AgentError {
  if (cause.context['isUnexpectedAnswer'] === true) return cause;
  return new AgentError(
    'HubTimeout',
    `The hub has not shown in time whether the job with the id ${jobId} is the one that was asked for; repeat the call, or look with GetJob.`,
    { cause },
  );
}

/** Whether the hub has certainly created no job. */
function isRefusal(error: unknown): boolean {
  if (!isAgentError(error)) return false;
  const isSure = ['HubRejected', 'HubUnauthorized', 'HubJobQuotaExceeded', 'HubThrottled', 'JobAlreadyExists'];
  return isSure.includes(error.code) && error.context['answerLost'] !== true;
}

/** The caller of a job whose fate is not known can only look for it by its id. */
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

/** A start in the past means now, and so says nothing about which job it is. */
export function hasFutureStart(startTime: Date | undefined, context: CallContext): boolean {
  return startTime !== undefined && startTime.getTime() > context.clock.nowMs();
}

/** When a job starts whose caller has asked for `startTime`, or for none. */
export function startOf(startTime: Date | undefined, context: CallContext): Date {
  return new Date(Math.max(startTime?.getTime() ?? 0, context.clock.nowMs()));
}
