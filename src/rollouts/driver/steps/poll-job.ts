import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import { type Job, readJob } from '../../../iothub/documents.js';
import { hasEnded, isActive, isNotFound } from '../../../jobs/outcome.js';
import type { PartRecord, DeviceRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';
import { endDevices } from './store-outcomes.js';

/** Looks at an open hub job; one that has ended is read in the next step. */
export async function look(work: RolloutWork, context: CallContext, part: PartRecord): Promise<void> {
  const job = await knownJob(work, context, part);
  if (job) return await noteLook(work, part, job);
  if (missAgain(work, part)) await failLost(work, part, await work.devicesAt(part.positions));
}

/** Asks the hub to cancel an open job of a cancelled roll-out, which it does until the job has started. */
export async function cancelJob(work: RolloutWork, context: CallContext, part: PartRecord): Promise<void> {
  const job = await knownJob(work, context, part);
  if (job && isActive(job) && (job.status ?? '').toLowerCase() !== 'running')
    try {
      await work.env.hub.cancelJob(context, part.jobId);
    } catch (error) {
      if (!isAgentError(error, 'JobNotCancellable', 'JobNotFound', 'HubRejected')) throw error;
    }
  const open = work.parts.get(part.jobId);
  if (open) work.parts.set(part.jobId, { ...open, isCancelAsked: true, lookMs: 0 });
}

async function noteLook(work: RolloutWork, { misses: _misses, ...part }: PartRecord, job: Job): Promise<void> {
  if (!hasEnded(job)) return work.keepPart(part, work.env.lookIntervalMs);
  const { deviceCount } = job.counts;
  const edit = await work.edit();
  const ended = { atMs: edit.nowMs, status: job.status ?? '', ...(deviceCount === undefined ? {} : { deviceCount }) };
  edit.putPart({ ...part, ended });
  await work.commit(edit);
  work.keepPart({ ...part, ended }, 0);
  work.env.places.release(part.jobId);
}

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

/** The hub does not know the job any more: what it did to its devices cannot be known. */
export async function failLost(work: RolloutWork, part: PartRecord, devices: readonly DeviceRecord[]): Promise<void> {
  const positions = part.positions.filter((_position, at) => devices[at]?.state === 'running');
  const outcome = {
    state: 'failed' as const,
    errorCode: 'JobLost',
    errorDescription: 'The hub does not know this job any more; whether the device was reached is not known.',
  };
  await endDevices(work, new Map(positions.map((position) => [position, outcome])), (edit) => edit.deletePart(part));
  work.countJob('lost');
  work.forgetPart(part, devices);
}
