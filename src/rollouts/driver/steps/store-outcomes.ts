import type { DeviceOutcome } from '../../machine/device-outcome.js';
import { ended, type StepTime } from '../../machine/device-transitions.js';
import type { RolloutEdit } from '../../records/transaction.js';
import { isClosing } from '../../machine/next-action.js';
import type { DeviceRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';
import { abortIfMet } from './apply-abort.js';

/**
 * Stores the outcomes of a page of devices as a whole, and evaluates the criteria of abort before anything else can begin.
 * @param more what else belongs to the same step.
 */
export async function endDevices(
  work: RolloutWork,
  outcomes: ReadonlyMap<number, DeviceOutcome>,
  more: (edit: RolloutEdit) => void = () => undefined,
): Promise<void> {
  const { definition } = work.record;
  await moveDevices(work, [...outcomes.keys()], {
    step: (device, position, time) => ended(definition, device, outcomes.get(position) as DeviceOutcome, time),
    more,
  });
}

/** When a device takes a step, and the current attempt of its batch. */
export type MoveTime = StepTime & { readonly attempt: number };

export interface DeviceMove {
  /** What becomes of a device; undefined to leave it as it is. */
  readonly step: (device: DeviceRecord, position: number, time: MoveTime) => DeviceRecord | undefined;
  readonly more?: (edit: RolloutEdit) => void;
}

/** Moves devices in one step and evaluates the criteria of abort. */
export async function moveDevices(work: RolloutWork, positions: readonly number[], move: DeviceMove): Promise<void> {
  const devices = await work.devicesAt(positions);
  const edit = await work.edit(positions);
  const time: MoveTime = {
    nowMs: edit.nowMs,
    pauseMs: work.pauses.nowMs(),
    isLast: isClosing(work.record),
    attempt: work.record.batch?.attempt ?? 1,
  };
  const batches = new Set<number>();
  for (const [at, device] of devices.entries()) {
    const position = positions[at] as number;
    const next = move.step(device, position, time);
    if (!next) continue;
    edit.moveDevice(position, device, next);
    batches.add(edit.batchOf(position).batch);
  }
  move.more?.(edit);
  const stopped = abortIfMet(edit, batches);
  await work.commit(edit);
  wakeLists(work, time.pauseMs);
  if (stopped) {
    const { rolloutId, state } = work.record;
    work.env.log.info({ rolloutId, state, ...stopped }, 'a roll-out was stopped by a criterion');
  }
}

function wakeLists(work: RolloutWork, pauseMs: number): void {
  const { counts } = work.record;
  if ((counts.verifying ?? 0) > 0 && work.verify.dueMs === undefined) work.verify = { position: 0, dueMs: pauseMs };
  if ((counts.waiting ?? 0) > 0 && work.connections.dueMs === undefined)
    work.connections = { position: 0, dueMs: pauseMs + work.env.connectionCheckMs };
}
