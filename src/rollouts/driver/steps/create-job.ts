import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import { unexpectedAnswerError } from '../../../iothub/connection-errors.js';
import { isAnswerLost } from '../../../iothub/retry.js';
import { acknowledgementFault } from '../../../jobs/job-document.js';
import { FORGOTTEN_AFTER_MS } from '../../../jobs/known-job.js';
import { isSameDefinition } from '../../../jobs/same-definition.js';
import { isClosing } from '../../machine/next-action.js';
import type { DeviceRecord, PartRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { jobIdOf, setParts } from './hub-job.js';
import { knownJob, countMiss, failLost } from './poll-job.js';
import { requestOf } from './hub-job.js';
import { enterPause, pauseIfForbidden, withdrawJob } from './withdraw-job.js';

/** Pause before another request for a job that may exist, while the hub has no place. */
const NO_PLACE_PAUSE_MS = 10_000;
/** Pause while the hub does not show the definition of a job whose id exists. */
const UNSHOWN_PAUSE_MS = 2000;

/** A recorded job that is to be created. */
interface RecordedJob {
  readonly part: PartRecord;
  readonly devices: readonly DeviceRecord[];
  /** Whether the hub has certainly not received a request for it. */
  readonly isUnsent: boolean;
}

/**
 * Creates a recorded hub job. The same request is repeated until the hub has responded, so that neither a lost response nor a
 * crash loses the job or creates a second one.
 */
export async function createJob(rollout: OpenRollout, context: CallContext, part: PartRecord): Promise<void> {
  const recorded = { part, devices: await rollout.devicesAt(part.positions), isUnsent: rollout.unsent.has(part.jobId) };
  if (!mayBegin(rollout)) return await checkExistence(rollout, context, recorded);
  if (await pauseIfForbidden(rollout)) return;
  if (rollout.env.clock.nowMs() - part.recordedMs > FORGOTTEN_AFTER_MS && !(await knownJob(rollout, context, part)))
    return await failLost(rollout, part, recorded.devices);
  rollout.unsent.delete(part.jobId);
  try {
    const document = await rollout.env.hub.scheduleJob(context, requestOf(rollout, part, recorded.devices));
    // The response may not come from the hub; a repeated request shows whether the job was created.
    const fault = acknowledgementFault(document, part.jobId);
    if (fault !== undefined) throw unexpectedAnswerError(fault);
  } catch (error) {
    return await refused(rollout, context, recorded, error);
  }
  await accept(rollout, part);
}

/** Whether the roll-out may create a job: not while it is paused or held, outside its windows, or ending. */
export function mayBegin({ record, windows, env }: OpenRollout): boolean {
  if (record.state !== 'running' || isClosing(record) || env.isHeld()) return false;
  return windows.isAlwaysOpen || windows.openAt(env.clock.nowMs()) !== undefined;
}

/** Asks whether the hub has a job that must not be created now. If it has, the job runs to its end. */
async function checkExistence(rollout: OpenRollout, context: CallContext, recorded: RecordedJob): Promise<void> {
  const { part, devices, isUnsent } = recorded;
  if (isUnsent) return await withdrawJob(rollout, part, devices);
  if (await knownJob(rollout, context, part)) return await accept(rollout, part);
  // An aborted request may still arrive; only a roll-out that is ending cannot wait for it.
  if (countMiss(rollout, part) && isClosing(rollout.record)) await withdrawJob(rollout, part, devices);
}

async function accept(rollout: OpenRollout, { misses: _misses, ...part }: PartRecord): Promise<void> {
  const transaction = await rollout.transaction();
  const accepted: PartRecord = { ...part, acceptedMs: transaction.nowMs };
  transaction.putPart(accepted);
  await rollout.commit(transaction);
  rollout.env.places.accepted();
  rollout.keepPart(accepted, part.estimateMs);
}

async function refused(
  rollout: OpenRollout,
  context: CallContext,
  recorded: RecordedJob,
  error: unknown,
): Promise<void> {
  const { part, devices } = recorded;
  if (isAgentError(error, 'JobAlreadyExists')) return await existing(rollout, context, recorded);
  const isFull = isAgentError(error, 'HubJobQuotaExceeded');
  if (!isFull && !isAgentError(error, 'HubRejected', 'InvalidArgument')) throw error;
  // An earlier request, or an earlier attempt of this one, may have created the job although its response was lost.
  const mayExist = !recorded.isUnsent || isAnswerLost(error);
  if (mayExist && (await knownJob(rollout, context, part))) return await accept(rollout, part);
  if (isFull && mayExist) return rollout.keepPart(part, NO_PLACE_PAUSE_MS, true);
  const { reason } = error;
  if (isFull) rollout.env.places.refused(part.jobId);
  await withdrawJob(rollout, part, devices, (transaction) => {
    if (!isFull) enterPause(transaction, 'jobRejected', reason);
  });
  if (!isFull) rollout.countJob('refused');
}

/** Handles an id that exists: the job is this one, if an earlier response was lost, or another one. */
async function existing(rollout: OpenRollout, context: CallContext, { part, devices }: RecordedJob): Promise<void> {
  const job = await knownJob(rollout, context, part);
  const isOurs = job && isSameDefinition(job, requestOf(rollout, part, devices), false);
  if (isOurs === undefined) return rollout.keepPart(part, UNSHOWN_PAUSE_MS);
  await (isOurs ? accept(rollout, part) : renumber(rollout, part, devices));
}

/** Records the job under the next free number, because another job has its id. */
async function renumber(rollout: OpenRollout, part: PartRecord, devices: readonly DeviceRecord[]): Promise<void> {
  const { batch: current, deferredParts } = rollout.record;
  const numbers = { ...part, part: (part.batch === 0 ? deferredParts : (current?.parts ?? part.part)) + 1 };
  const transaction = await rollout.transaction(part.positions);
  const renamed: PartRecord = { ...numbers, jobId: jobIdOf(rollout, numbers), recordedMs: transaction.nowMs };
  transaction.deletePart(part);
  transaction.putPart(renamed);
  for (const [at, device] of devices.entries())
    transaction.moveDevice(part.positions[at] as number, device, { ...device, jobId: renamed.jobId });
  setParts(transaction, numbers);
  await rollout.commit(transaction);
  rollout.env.places.adopt(renamed.jobId);
  rollout.forgetPart(part, []);
  rollout.unsent.add(renamed.jobId);
  rollout.keepPart(renamed, 0);
}
