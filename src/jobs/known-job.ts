/** What it means that the hub does not know a job that the agent has requested: hubs answer late, and forget jobs. */
import type { CallContext } from '../core/call-context.js';
import { isAgentError } from '../core/errors.js';
import type { Job } from '../iothub/documents.js';
import type { HubDocument, HubOperations } from '../iothub/ports.js';
import { jobAskedFor } from './job-document.js';
import { isNotFound } from './outcome.js';

/** Hubs forget jobs after 30 days. Creating a job that was requested longer ago than this could call its devices twice. */
export const FORGOTTEN_AFTER_MS = 25 * 86_400_000;

const MISSING_AFTER = { polls: 3, ms: 60_000 };

/** Time between polls of a job that the hub does not know, so that enough of them cover the time of `isMissing`. */
export const MISSING_POLL_MS = MISSING_AFTER.ms / 2;

/** Polls in a row that did not find a job. */
export interface Misses {
  readonly count: number;
  /** When the first of them was, by a clock of the caller. */
  readonly firstMs: number;
}

/** Adds a poll that did not find the job. */
export function missedAgain(misses: Misses | undefined, nowMs: number): Misses {
  return { count: (misses?.count ?? 0) + 1, firstMs: misses?.firstMs ?? nowMs };
}

/** Whether a job that these polls did not find is regarded as not existing: three of them, over a minute at least. */
export function isMissing({ count, firstMs }: Misses, nowMs: number): boolean {
  return count >= MISSING_AFTER.polls && nowMs - firstMs >= MISSING_AFTER.ms;
}

export interface KnownJob {
  readonly job: Job;
  readonly document: HubDocument;
}

/**
 * Reads a job; undefined if the hub does not know it.
 * @throws AgentError as the hub port, and `HubUnavailable` for a response that is not the job.
 */
export async function findJob(hub: HubOperations, context: CallContext, jobId: string): Promise<KnownJob | undefined> {
  try {
    const document = await hub.getJob(context, jobId);
    const job = jobAskedFor(document, jobId);
    return isNotFound(job) ? undefined : { job, document };
  } catch (error) {
    if (isAgentError(error, 'JobNotFound')) return undefined;
    throw error;
  }
}
