import type { DeviceOutcome } from '../../machine/device-outcome.js';
import { ended, type TransitionTime } from '../../machine/device-transitions.js';
import type { RolloutTransaction } from '../../records/transaction.js';
import { isClosing } from '../../machine/next-action.js';
import type { DeviceRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { abortIfMet } from './apply-abort.js';

/**
 * Stores the outcomes of devices in one transaction, and evaluates the abort criteria before anything else can begin.
 * @param more adds other changes to the transaction.
 */
export async function storeOutcomes(
  rollout: OpenRollout,
  outcomes: ReadonlyMap<number, DeviceOutcome>,
  more: (transaction: RolloutTransaction) => void = () => undefined,
): Promise<void> {
  const { definition } = rollout.record;
  await moveDevices(rollout, [...outcomes.keys()], {
    step: (device, position, time) => ended(definition, device, outcomes.get(position) as DeviceOutcome, time),
    more,
  });
}

/** The time of a transition, and the current attempt of the batch. */
export type MoveTime = TransitionTime & { readonly attempt: number };

/** A transition of several devices. */
export interface DeviceMove {
  /** Returns the device after its transition; undefined to leave it as it is. */
  readonly step: (device: DeviceRecord, position: number, time: MoveTime) => DeviceRecord | undefined;
  readonly more?: (transaction: RolloutTransaction) => void;
}

/** Moves devices in one transaction and evaluates the abort criteria. */
export async function moveDevices(rollout: OpenRollout, positions: readonly number[], move: DeviceMove): Promise<void> {
  const devices = await rollout.devicesAt(positions);
  const transaction = await rollout.transaction(positions);
  const time: MoveTime = {
    nowMs: transaction.nowMs,
    pauseMs: rollout.pauses.nowMs(),
    isLast: isClosing(rollout.record),
    attempt: rollout.record.batch?.attempt ?? 1,
  };
  const batches = new Set<number>();
  for (const [at, device] of devices.entries()) {
    const position = positions[at] as number;
    const next = move.step(device, position, time);
    if (!next) continue;
    transaction.moveDevice(position, device, next);
    batches.add(transaction.batchOf(position).batch);
  }
  move.more?.(transaction);
  const stopped = abortIfMet(transaction, batches);
  await rollout.commit(transaction);
  scheduleChecks(rollout, time.pauseMs);
  if (stopped) {
    const { rolloutId, state } = rollout.record;
    rollout.env.log.info({ rolloutId, state, ...stopped }, 'a roll-out was stopped by a criterion');
  }
}

/** Schedules the first check of devices that now verify or wait. */
function scheduleChecks(rollout: OpenRollout, pauseMs: number): void {
  const { counts } = rollout.record;
  if ((counts.verifying ?? 0) > 0 && rollout.verify.dueMs === undefined)
    rollout.verify = { position: 0, dueMs: pauseMs };
  if ((counts.waiting ?? 0) > 0 && rollout.connections.dueMs === undefined)
    rollout.connections = { position: 0, dueMs: pauseMs + rollout.env.connectionCheckMs };
}
