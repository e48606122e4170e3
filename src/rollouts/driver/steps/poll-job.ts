import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import type { Job } from '../../../iothub/documents.js';
import { findJob, isMissing, MISSING_POLL_MS, missedAgain } from '../../../jobs/known-job.js';
import { hasEnded, isActive } from '../../../jobs/outcome.js';
import type { PartRecord, DeviceRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { storeOutcomes } from './store-outcomes.js';

/** Polls an open hub job. The results of one that has ended are read in a later step. */
export async function pollJob(rollout: OpenRollout, context: CallContext, part: PartRecord): Promise<void> {
  const job = await knownJob(rollout, context, part);
  if (job) return await storePoll(rollout, part, job);
  if (countMiss(rollout, part)) await failLost(rollout, part, await rollout.devicesAt(part.positions));
}

/** Asks the hub to cancel an open job of a cancelled roll-out, which has no effect once the job has started. */
export async function cancelJob(rollout: OpenRollout, context: CallContext, part: PartRecord): Promise<void> {
  const job = await knownJob(rollout, context, part);
  if (job && isActive(job) && (job.status ?? '').toLowerCase() !== 'running')
    try {
      await rollout.env.hub.cancelJob(context, part.jobId);
    } catch (error) {
      if (!isAgentError(error, 'JobNotCancellable', 'JobNotFound', 'HubRejected')) throw error;
    }
  const open = rollout.parts.get(part.jobId);
  if (open) rollout.parts.set(part.jobId, { ...open, isCancelAsked: true, pollMs: 0 });
}

async function storePoll(rollout: OpenRollout, { misses: _misses, ...part }: PartRecord, job: Job): Promise<void> {
  if (!hasEnded(job)) return rollout.keepPart(part, rollout.env.pollIntervalMs);
  const { deviceCount } = job.counts;
  const transaction = await rollout.transaction();
  const ended = {
    atMs: transaction.nowMs,
    status: job.status ?? '',
    ...(deviceCount === undefined ? {} : { deviceCount }),
  };
  transaction.putPart({ ...part, ended });
  await rollout.commit(transaction);
  rollout.keepPart({ ...part, ended }, 0);
  rollout.env.places.release(part.jobId);
}

/** Reads the job from the hub; undefined if the hub does not know it. */
export async function knownJob(
  rollout: OpenRollout,
  context: CallContext,
  { jobId }: PartRecord,
): Promise<Job | undefined> {
  return (await findJob(rollout.env.hub, context, jobId))?.job;
}

/** Counts a poll that did not find a job. Returns whether the job is to be regarded as not existing. */
export function countMiss(rollout: OpenRollout, part: PartRecord): boolean {
  const nowMs = rollout.pauses.nowMs();
  const misses = missedAgain(part.misses, nowMs);
  rollout.keepPart({ ...part, misses }, MISSING_POLL_MS);
  return isMissing(misses, nowMs);
}

/** Ends the devices of a job that the hub does not know any more, because its results cannot be read. */
export async function failLost(
  rollout: OpenRollout,
  part: PartRecord,
  devices: readonly DeviceRecord[],
): Promise<void> {
  const positions = part.positions.filter((_position, at) => devices[at]?.state === 'running');
  const outcome = {
    state: 'failed' as const,
    errorCode: 'JobLost',
    errorDescription: 'The hub no longer has this job, so it is unknown whether the device was called.',
  };
  await storeOutcomes(rollout, new Map(positions.map((position) => [position, outcome])), (transaction) =>
    transaction.deletePart(part),
  );
  rollout.countJob('lost');
  rollout.forgetPart(part, devices);
}
