import type { CallContext } from '../../core/call-context.js';
import { isAgentError } from '../../core/errors.js';
import { type Job, readJob } from '../../iothub/documents.js';
import { isNotFound } from '../../jobs/outcome.js';
import type { PartRecord } from '../records.js';
import type { RolloutWork } from '../work.js';

/** A job that the hub does not know in so many looks, over this time at least, does not exist. */
const MISSES = { looks: 3, ms: 60_000 };
const LOOK_AGAIN_MS = 30_000;

/** The job at the hub; undefined if the hub does not know it. */
export async function knownJob(
  work: RolloutWork,
  context: CallContext,
  { jobId }: PartRecord,
): Promise<Job | undefined> {
  try {
    const job = readJob(await work.env.hub.getJob(context, jobId));
    return isNotFound(job) ? undefined : job;
  } catch (error) {
    if (isAgentError(error, 'JobNotFound')) return undefined;
    throw error;
  }
}

export async function isKnown(work: RolloutWork, context: CallContext, part: PartRecord): Promise<boolean> {
  return (await knownJob(work, context, part)) !== undefined;
}

/** Counts a look that did not find a job. Returns whether there have been enough of them. */
export function missAgain(work: RolloutWork, part: PartRecord): boolean {
  const nowMs = work.pauses.nowMs();
  const { count, firstMs } = part.misses ?? { count: 0, firstMs: nowMs };
  work.keepPart({ ...part, misses: { count: count + 1, firstMs } }, LOOK_AGAIN_MS);
  return count + 1 >= MISSES.looks && nowMs - firstMs >= MISSES.ms;
}
