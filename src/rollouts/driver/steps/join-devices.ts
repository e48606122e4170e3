import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import { batchesOf, orderKey } from '../../plan/batches.js';
import type { OpenRollout } from '../open-rollout.js';
import { targetPage } from './read-targets.js';
import { enterPause } from './withdraw-job.js';

/** Maximum number of batches, because their numbers have four digits in keys and in ids of hub jobs. */
const MAX_BATCHES = 9999;

/**
 * Reads the next page of the devices that match a continuous roll-out, and adds those that have not joined yet. While no
 * batch of the last group has begun, devices join that group, so that many small pages do not become many small batches.
 */
export async function joinDevices(rollout: OpenRollout, context: CallContext): Promise<void> {
  const { continuationToken } = rollout.join;
  const nextWalk = { dueMs: rollout.pauses.nowMs() + rollout.env.continuousCheckMs };
  rollout.join = nextWalk;
  try {
    const page = await targetPage(rollout, context, { continuationToken });
    const isAdded = await addTargets(rollout, page.targets);
    if (isAdded && page.continuationToken !== undefined)
      rollout.join = { dueMs: 0, continuationToken: page.continuationToken };
  } catch (error) {
    if (isAgentError(error, 'HubRejected', 'InvalidArgument', 'QueryInvalid'))
      return await pauseBecause(rollout, error.reason);
    // The next attempt walks from the beginning, because a token may have become invalid.
    rollout.join = { dueMs: 0 };
    throw error;
  }
}

/** Adds devices; returns false if that is not allowed. */
async function addTargets(rollout: OpenRollout, targets: readonly string[]): Promise<boolean> {
  const fresh = await newTargets(rollout, targets);
  if (fresh.length === 0) return true;
  const { record, env } = rollout;
  const deviceCount = (record.deviceCount ?? 0) + fresh.length;
  const refusal = refusalOf(rollout, deviceCount);
  if (refusal !== undefined) {
    await pauseBecause(rollout, refusal);
    return false;
  }
  const joined = groupsWith(rollout, fresh.length);
  if (batchesOf({ ...record, deviceCount, joined }).length > MAX_BATCHES) {
    const { rolloutId } = record;
    env.log.warn({ rolloutId, devices: fresh.length }, 'devices do not join a roll-out, which has too many batches');
    return false;
  }
  const transaction = await rollout.transaction();
  transaction.addDevices(fresh, joined);
  await rollout.commit(transaction);
  return true;
}

/** The targets that have not joined, in the order of the roll-out. */
async function newTargets({ env, record }: OpenRollout, targets: readonly string[]): Promise<string[]> {
  const { keys, store } = env;
  const byKey = new Map(targets.map((target) => [orderKey(record.rolloutId, target), target]));
  const known = await Promise.all([...byKey.keys()].map((key) => store.get(keys.member(record.sequence, key))));
  return [...byKey]
    .filter((_entry, at) => known[at] === undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, target]) => target);
}

/** The sizes of the groups that have joined, with more devices. */
function groupsWith({ record, plan }: OpenRollout, count: number): number[] {
  const { joined = [], batch, deviceCount = 0 } = record;
  const last = joined.at(-1);
  const { start = 0, size = 0 } = plan[(batch?.batch ?? 0) - 1] ?? {};
  const hasBegun = last === undefined || deviceCount - last < start + size;
  return hasBegun ? [...joined, count] : [...joined.slice(0, -1), last + count];
}

/** Why the guards do not allow that many devices. */
function refusalOf({ env: { guards }, record }: OpenRollout, deviceCount: number): string | undefined {
  const { maxDevicesPerRollout, approvalAbove } = guards;
  if (maxDevicesPerRollout !== undefined && deviceCount > maxDevicesPerRollout)
    return `Forbidden: The roll-out would have ${deviceCount} devices, and guards.maxDevicesPerRollout of the agent allows ${maxDevicesPerRollout}.`;
  const approved = record.approvedDevices ?? 0;
  if (approvalAbove !== undefined && deviceCount > Math.max(approvalAbove, approved))
    return `Forbidden: The roll-out would have ${deviceCount} devices, and ${approved > approvalAbove ? `it is approved for ${approved}` : `guards.approvalAbove of the agent is ${approvalAbove}`}; start another one for these devices.`;
  return undefined;
}

async function pauseBecause(rollout: OpenRollout, reason: string): Promise<void> {
  const transaction = await rollout.transaction();
  enterPause(transaction, 'jobRejected', reason);
  await rollout.commit(transaction);
}
