import { type CallContext, startPart, untilSignal } from '../../../core/call-context.js';
import { omitUndefined } from '../../../core/objects.js';
import { methodAddress } from '../../../jobs/module-methods.js';
import { type CallEnd, endOfError, endOfResponse, INTERRUPTED } from '../../machine/call-end.js';
import type { DeviceOutcome } from '../../machine/device-outcome.js';
import { targetIds } from '../../plan/id-conditions.js';
import type { DeviceRecord, PartRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { mayBegin } from './create-job.js';
import { callSeconds, DEFAULT_RESPONSE_SECONDS } from './hub-job.js';
import { storeOutcomes } from './store-outcomes.js';
import { enterPause, pauseIfForbidden, returnDevices, withdrawJob } from './withdraw-job.js';

/** Time that a call may wait for the budget of the tier. */
const BUDGET_WAIT_MS = 60_000;

/**
 * Takes a recorded group of direct calls further: begins its calls, or stores those that have ended. Calls of a process that
 * has ended are `timedOut`, because it is unknown whether the devices were called.
 */
export async function callDevices(rollout: OpenRollout, context: CallContext, part: PartRecord): Promise<void> {
  const devices = await rollout.devicesAt(part.positions);
  if (rollout.unsent.has(part.jobId)) return await begin(rollout, context, part, devices);
  const ends = rollout.calls.endsOf(part.jobId);
  if (ends) return await storeEnds(rollout, part, devices, new Map(ends));
  const open = part.positions.filter((_position, at) => isCalled(part, devices[at]));
  await storeOutcomes(rollout, new Map(open.map((position) => [position, INTERRUPTED])), (transaction) =>
    transaction.deletePart(part),
  );
  rollout.forgetPart(part, devices);
}

const isCalled = ({ jobId }: PartRecord, device: DeviceRecord | undefined): boolean =>
  device?.state === 'running' && device.jobId === jobId;

async function begin(
  rollout: OpenRollout,
  context: CallContext,
  part: PartRecord,
  devices: readonly DeviceRecord[],
): Promise<void> {
  if (!mayBegin(rollout)) return await withdrawJob(rollout, part, devices);
  if (await pauseIfForbidden(rollout)) return;
  rollout.unsent.delete(part.jobId);
  const callOf = (device: DeviceRecord) => () => call(rollout, context, device);
  const calls = devices.map((device, at) => [part.positions[at] as number, callOf(device)] as const);
  rollout.calls.begin(part.jobId, new Map(calls), () => {
    if (rollout.parts.has(part.jobId)) rollout.keepPart(part, 0);
    rollout.wake();
  });
  keepCalling(rollout, part);
}

/** Waits for the next end, unless one came while the step ran. */
function keepCalling(rollout: OpenRollout, part: PartRecord): void {
  const hasEnds = (rollout.calls.endsOf(part.jobId)?.size ?? 0) > 0;
  rollout.keepPart(part, hasEnds ? 0 : callSeconds(rollout) * 1000 + BUDGET_WAIT_MS);
}

/** Calls one device. The call outlives the step that begins it, and a pause of the roll-out. */
async function call(rollout: OpenRollout, context: CallContext, device: DeviceRecord): Promise<CallEnd> {
  const { definition } = rollout.record;
  const { methodName, moduleId } = methodAddress(definition.methodName ?? '');
  const maxMs = callSeconds(rollout) * 1000 + BUDGET_WAIT_MS;
  const part = startPart(untilSignal(rollout.calls.signal, context), { maxMs });
  try {
    const target = { ...omitUndefined({ moduleId }), ...targetIds(device.deviceId) };
    const response = await rollout.env.devices.invokeMethod(part, target, {
      methodName,
      payload: undefined,
      ...omitUndefined({ payloadText: definition.payloadText }),
      responseTimeoutInSeconds: definition.responseTimeoutInSeconds ?? DEFAULT_RESPONSE_SECONDS,
      connectTimeoutInSeconds: definition.connectTimeoutInSeconds ?? 0,
    });
    return endOfResponse(response);
  } catch (error) {
    return endOfError(error);
  } finally {
    part.dispose();
  }
}

/** Stores the ends of calls, and removes the group once all have ended. */
async function storeEnds(
  rollout: OpenRollout,
  part: PartRecord,
  devices: readonly DeviceRecord[],
  ends: ReadonlyMap<number, CallEnd>,
): Promise<void> {
  const outcomes = new Map<number, DeviceOutcome>();
  for (const [at, position] of part.positions.entries()) {
    const end = ends.get(position);
    // A device whose outcome was stored by a write that seemed to fail is not called any more.
    if (end?.kind === 'outcome' && isCalled(part, devices[at])) outcomes.set(position, end.outcome);
  }
  const returned = part.positions.filter((position) => (ends.get(position)?.kind ?? 'outcome') !== 'outcome');
  const rejected = [...ends.values()].find((end) => end.kind === 'rejected');
  if (outcomes.size > 0) await storeOutcomes(rollout, outcomes);
  if (returned.length > 0) await giveBack(rollout, part, returned, rejected?.error.reason);
  if (!rollout.calls.stored(part.jobId, ends.keys())) return keepCalling(rollout, part);
  const transaction = await rollout.transaction();
  transaction.deletePart(part);
  await rollout.commit(transaction);
  rollout.forgetPart(part, devices);
}

/** Returns devices that were not called. @param reason why the hub refuses the call for good; pauses the roll-out. */
async function giveBack(
  rollout: OpenRollout,
  part: PartRecord,
  positions: readonly number[],
  reason: string | undefined,
): Promise<void> {
  const transaction = await rollout.transaction(positions);
  returnDevices(transaction, { ...part, positions }, await rollout.devicesAt(positions));
  if (reason !== undefined) enterPause(transaction, 'jobRejected', reason);
  await rollout.commit(transaction);
}

/** Waits a moment for open calls and stores how they ended. What is still open then is `timedOut` at the next start. */
export async function closeCalls(rollout: OpenRollout): Promise<void> {
  await rollout.calls.stop();
  const parts = Array.from(rollout.parts.values(), ({ record }) => record);
  for (const part of parts) {
    const ends = rollout.calls.endsOf(part.jobId);
    if (ends && ends.size > 0) await storeEnds(rollout, part, await rollout.devicesAt(part.positions), new Map(ends));
  }
}
