import { type CallContext, noteChange, remainingMs, startPart } from '../../core/call-context.js';
import { AgentError, isAgentError } from '../../core/errors.js';
import { unexpectedAnswerError } from '../../iothub/connection-errors.js';
import { type Job, readJob } from '../../iothub/documents.js';
import type { HubDocument } from '../../iothub/ports.js';
import { findJob, notFoundOr } from './get-job.js';
import { acknowledgementFault } from '../job-document.js';
import type { JobEnvironment } from '../environment.js';
import { isCancelled } from '../outcome.js';
import { JOB_ID } from '../parameters.js';
import { jobRow } from '../rows.js';
import { defineJobService, ONE_JOB } from './job-service.js';
import { shownStatus, withShownStatus } from '../shown-status.js';

const ANSWER_RESERVE_MS = 500;

export const cancelJobService = defineJobService({
  name: 'CancelJob',
  description: 'Cancels a job that has not started and returns its new state',
  needs: 'registry write',
  parameters: { jobId: JOB_ID },
  result: ONE_JOB,
  run: async ({ jobId }, context, env) => {
    noteChange(context, { jobId });
    const queued = await env.queue?.cancel(context, jobId);
    if (queued) return [jobRow(readJob(queued), undefined)];
    const job = await cancelJob(env, context, jobId);
    return [jobRow(withShownStatus(job, context.clock.nowMs()), undefined)];
  },
});

/** @throws AgentError `JobNotCancellable`, with the status, for a job that is running or has ended. */
async function cancelJob(env: JobEnvironment, context: CallContext, jobId: string): Promise<Job> {
  let answer: HubDocument;
  try {
    answer = await env.hub.lane('user').cancelJob(context, jobId).catch(notFoundOr(jobId));
  } catch (error) {
    if (!isAgentError(error, 'JobNotCancellable')) throw error;
    return await cancelledAlready(env, context, jobId, error);
  }
  const fault = acknowledgementFault(answer, jobId);
  if (fault === undefined) return await complete(env, context, jobId, answer);
  return await confirmCancelled(env, context, jobId, unexpectedAnswerError(fault));
}

/** The response may not come from the hub, so that only the job itself shows whether it was cancelled. */
async function confirmCancelled(
  env: JobEnvironment,
  context: CallContext,
  jobId: string,
  fault: AgentError,
): Promise<Job> {
  const job = await findJob(env, context, jobId);
  if (isCancelled(job)) return job;
  throw fault;
}

/** If the response to an earlier attempt was lost and the job is cancelled, that attempt cancelled it. */
async function cancelledAlready(
  env: JobEnvironment,
  context: CallContext,
  jobId: string,
  refusal: AgentError,
): Promise<Job> {
  const job = await findJob(env, context, jobId).catch((error: unknown) => {
    if (isAgentError(error, 'JobNotFound')) throw error;
    return undefined;
  });
  if (job && isCancelled(job) && refusal.context['answerLost'] === true) return job;
  const hubStatus = job?.status ?? statusInText(refusal.message) ?? 'not known';
  const status = shownStatus({ ...job, status: hubStatus }, context.clock.nowMs());
  throw new AgentError(
    'JobNotCancellable',
    `The job ${jobId} cannot be cancelled: its status is ${status}, and only jobs that are queued, scheduled or pending can be.`,
    { cause: refusal, context: { jobId, status } },
  );
}

/** The response may contain little more than the status, and a later GET may be outdated, so the response takes precedence. */
async function complete(env: JobEnvironment, context: CallContext, jobId: string, answer: HubDocument): Promise<Job> {
  const cancelled = readJob(answer);
  if (cancelled.queryCondition !== undefined && cancelled.status !== undefined) return cancelled;
  const part = startPart(context, { reserveMs: ANSWER_RESERVE_MS });
  try {
    const found = remainingMs(part) > 0 ? await findJob(env, part, jobId) : undefined;
    const counts = { ...found?.counts, ...cancelled.counts };
    return { ...found, status: 'cancelled', ...cancelled, counts };
  } catch (error) {
    if (!isAgentError(error)) throw error;
    return { status: 'cancelled', ...cancelled };
  } finally {
    part.dispose();
  }
}

function statusInText(text: string): string | undefined {
  return /in '(\w+)' status/i.exec(text)?.[1]?.toLowerCase();
}
