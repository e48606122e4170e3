import { type CallContext, startPart } from '../../core/call-context.js';
import { AgentError, isAgentError } from '../../core/errors.js';
import type { NativeRow } from '../../edge/definitions.js';
import { type Job, readJob } from '../../iothub/documents.js';
import type { JobEnvironment } from '../environment.js';
import { jobAskedFor } from '../job-document.js';
import { isNotFound } from '../outcome.js';
import { JOB_ID } from '../parameters.js';
import { jobRow } from '../rows.js';
import { defineJobService, ONE_JOB } from './job-service.js';
import { withShownStatus } from '../shown-status.js';

/** Maximum number of responses of devices that one GetJob reads. */
const MAX_ANSWERS = 1000;
const ANSWER_RESERVE_MS = 1000;
const READING_MS = 5000;

export const getJobService = defineJobService({
  name: 'GetJob',
  description:
    'Returns the state of a job with its counts and outcome; for a watched job that the hub has forgotten, its last state',
  needs: 'registry read',
  isReadOnly: true,
  parameters: { jobId: JOB_ID },
  result: ONE_JOB,
  run: async ({ jobId }, context, env) => {
    const queued = await env.queue?.find(jobId);
    if (queued) return [jobRow(readJob(queued), undefined)];
    try {
      return [await currentRow(env, context, await findJob(env, context, jobId))];
    } catch (error) {
      const past = isAgentError(error, 'JobNotFound') ? await env.history?.find(jobId) : undefined;
      if (!past) throw error;
      return [jobRow(past.job, past.refusedCount)];
    }
  },
});

async function currentRow(env: JobEnvironment, context: CallContext, job: Job): Promise<NativeRow> {
  const part = startPart(context, { reserveMs: ANSWER_RESERVE_MS, maxMs: READING_MS });
  try {
    const refusedCount = await env.refusedCounts.read(part, env.hub.lane('user'), job, MAX_ANSWERS);
    return jobRow(withShownStatus(job, context.clock.nowMs()), refusedCount);
  } finally {
    part.dispose();
  }
}

/**
 * Reads the job with this id, with the status that the hub returned.
 * @throws AgentError `JobNotFound` for an id that the hub does not know (for which it returns status 200);
 * `HubUnavailable` for a response that is not this job.
 */
export async function findJob(env: JobEnvironment, context: CallContext, jobId: string): Promise<Job> {
  const job = jobAskedFor(await env.hub.lane('user').getJob(context, jobId).catch(notFoundOr(jobId)), jobId);
  if (isNotFound(job)) throw jobNotFound(jobId);
  return job;
}

export function jobNotFound(jobId: string): AgentError {
  return new AgentError('JobNotFound', `The hub does not know a job with the id ${jobId}; look for it with FindJobs.`, {
    context: { jobId },
  });
}

/** A plain 404 without an Azure error code also means that the job does not exist. */
export function notFoundOr(jobId: string): (error: unknown) => never {
  return (error) => {
    const isNotFound =
      isAgentError(error, 'JobNotFound') ||
      (isAgentError(error, 'HubRejected') && error.context['httpStatus'] === 404 && !error.context['azureCode']);
    throw isNotFound ? jobNotFound(jobId) : error;
  };
}
