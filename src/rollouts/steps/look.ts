import type { CallContext } from '../../core/call-context.js';
import { isAgentError } from '../../core/errors.js';
import type { Job } from '../../iothub/documents.js';
import { hasEnded, isActive } from '../../jobs/outcome.js';
import type { PartRecord } from '../records.js';
import type { RolloutWork } from '../work.js';
import { knownJob, missAgain } from './find-job.js';
import { failLost } from './lost.js';

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
