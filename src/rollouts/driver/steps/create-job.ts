import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import { guardMethod } from '../../../jobs/guards.js';
import { isSameDefinition } from '../../../jobs/same-definition.js';
import { isClosing } from '../../machine/next-action.js';
import type { DeviceRecord, PartRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';
import { jobIdOf, setParts } from './hub-job.js';
import { isKnown, knownJob, missAgain, failLost } from './poll-job.js';
import { requestOf } from './hub-job.js';
import { enterPause, pauseFor, takeBack } from './withdraw-job.js';

/** A job noted longer ago may be one that the hub has forgotten: making it again would call its devices twice. */
const FORGOTTEN_AFTER_MS = 25 * 86_400_000;
/** Between two attempts to place a job that may exist, at a hub that has no place. */
const NO_PLACE_PAUSE_MS = 10_000;
/** Until the hub shows the definition of a job whose id exists. */
const UNSHOWN_PAUSE_MS = 2000;

interface Noted {
  readonly part: PartRecord;
  readonly devices: readonly DeviceRecord[];
  /** The hub has surely not been asked for it before. */
  readonly isUntried: boolean;
}

/**
 * Makes a noted hub job. The same request is repeated until the hub has answered it, so a lost answer or a crash never makes
 * a second job and never loses the first.
 */
export async function make(work: RolloutWork, context: CallContext, part: PartRecord): Promise<void> {
  const noted = { part, devices: await work.devicesAt(part.positions), isUntried: work.untried.has(part.jobId) };
  if (!mayBegin(work)) return await findOut(work, context, noted);
  const { methodName } = work.record.definition;
  try {
    if (methodName !== undefined) guardMethod(work.env.guards, methodName);
  } catch (error) {
    if (!isAgentError(error, 'Forbidden')) throw error;
    return await pauseFor(work, 'jobRejected', error.reason);
  }
  if (work.env.clock.nowMs() - part.notedMs > FORGOTTEN_AFTER_MS && !(await isKnown(work, context, part)))
    return await failLost(work, part, noted.devices);
  work.untried.delete(part.jobId);
  try {
    await work.env.hub.scheduleJob(context, requestOf(work, part, noted.devices));
  } catch (error) {
    return await refused(work, context, noted, error);
  }
  await accept(work, part);
}

/** Outside its windows, paused or ending, a roll-out makes no job. */
function mayBegin({ record, windows, env }: RolloutWork): boolean {
  if (record.state !== 'running' || isClosing(record)) return false;
  return windows.isAlwaysOpen || windows.openAt(env.clock.nowMs()) !== undefined;
}

/** Nothing may begin now, but the hub may have the job already: then its end is waited for. */
async function findOut(work: RolloutWork, context: CallContext, noted: Noted): Promise<void> {
  const { part, devices, isUntried } = noted;
  if (isUntried) return await takeBack(work, part, devices);
  if (await isKnown(work, context, part)) return await accept(work, part);
  // A request that was cut off may still arrive; only an ending roll-out has to decide.
  if (missAgain(work, part) && isClosing(work.record)) await takeBack(work, part, devices);
}

async function accept(work: RolloutWork, { misses: _misses, ...part }: PartRecord): Promise<void> {
  const edit = await work.edit();
  const accepted: PartRecord = { ...part, acceptedMs: edit.nowMs };
  edit.putPart(accepted);
  await work.commit(edit);
  work.env.places.accepted();
  work.keepPart(accepted, part.estimateMs);
}

async function refused(work: RolloutWork, context: CallContext, noted: Noted, error: unknown): Promise<void> {
  const { part, devices, isUntried } = noted;
  if (isAgentError(error, 'JobAlreadyExists')) return await existing(work, context, noted);
  const isFull = isAgentError(error, 'HubJobQuotaExceeded');
  if (!isFull && !isAgentError(error, 'HubRejected', 'InvalidArgument')) throw error;
  // An earlier request for it may have been served although its answer was lost.
  if (!isUntried && (await isKnown(work, context, part))) return await accept(work, part);
  if (isFull && !isUntried) return work.keepPart(part, NO_PLACE_PAUSE_MS);
  const { reason } = error;
  if (isFull) work.env.places.refused(part.jobId);
  await takeBack(work, part, devices, (edit) => {
    if (!isFull) enterPause(edit, 'jobRejected', reason);
  });
  if (!isFull) work.countJob('refused');
}

/** The id exists: it is this very job, of a request whose answer was lost, or somebody else's. */
async function existing(work: RolloutWork, context: CallContext, { part, devices }: Noted): Promise<void> {
  const job = await knownJob(work, context, part);
  const isOurs = job && isSameDefinition(job, requestOf(work, part, devices), false);
  if (isOurs === undefined) return work.keepPart(part, UNSHOWN_PAUSE_MS);
  await (isOurs ? accept(work, part) : renumber(work, part, devices));
}

/** Another job has the id: the same devices under the next free number, noted before the hub is asked. */
async function renumber(work: RolloutWork, part: PartRecord, devices: readonly DeviceRecord[]): Promise<void> {
  const { batch: current, lateParts } = work.record;
  const numbers = { ...part, part: (part.batch === 0 ? lateParts : (current?.parts ?? part.part)) + 1 };
  const edit = await work.edit(part.positions);
  const renamed: PartRecord = { ...numbers, jobId: jobIdOf(work, numbers), notedMs: edit.nowMs };
  edit.deletePart(part);
  edit.putPart(renamed);
  for (const [at, device] of devices.entries())
    edit.moveDevice(part.positions[at] as number, device, { ...device, jobId: renamed.jobId });
  setParts(edit, numbers);
  await work.commit(edit);
  work.env.places.adopt(renamed.jobId);
  work.forgetPart(part, []);
  work.untried.add(renamed.jobId);
  work.keepPart(renamed, 0);
}
