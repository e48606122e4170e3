import type { PartRecord } from '../records.js';
import type { RolloutWork } from '../work.js';

export const DEFAULT_RESPONSE_SECONDS = 30;
/** Between the end of a job by the estimate and the end of its window. */
const WINDOW_RESERVE_SECONDS = 5;
const EXECUTION_SECONDS = { least: 120, most: 3600, reserve: 60 };

/** How large the next hub job may be. */
export interface Room {
  readonly maxDevices: number;
  readonly windowEndMs?: number;
}

/** How many devices a job may have to be done before the window closes. */
export function roomUntilWindowEnds(work: RolloutWork): Room {
  const { guards, deviceOperationsPerSecond, clock } = work.env;
  const maxDevices = Math.max(1, guards.maxDevicesPerJob ?? Infinity);
  const opening = work.windows.openAt(clock.nowMs());
  if (!opening) return { maxDevices: work.windows.isAlwaysOpen ? maxDevices : 0 };
  const seconds = (opening.endMs - clock.nowMs()) / 1000 - answerSeconds(work) - WINDOW_RESERVE_SECONDS;
  const fitting = seconds <= 0 ? 0 : Math.floor(seconds * deviceOperationsPerSecond);
  return { maxDevices: Math.min(maxDevices, fitting), windowEndMs: opening.endMs };
}

/** How long the slowest device of a job may take. */
function answerSeconds({ record: { definition } }: RolloutWork): number {
  if (definition.methodName === undefined) return 0;
  return (definition.connectTimeoutInSeconds ?? 0) + (definition.responseTimeoutInSeconds ?? DEFAULT_RESPONSE_SECONDS);
}

/** How long a job is expected to take, and after which time the hub is to end it. */
export function timesOf(
  work: RolloutWork,
  deviceCount: number,
  { windowEndMs = Infinity }: Room,
  nowMs: number,
): Pick<PartRecord, 'maxExecutionTimeInSeconds' | 'estimateMs'> {
  const workSeconds = deviceCount / work.env.deviceOperationsPerSecond;
  const wanted = Math.ceil(workSeconds * 2 + answerSeconds(work) + EXECUTION_SECONDS.reserve);
  const bounded = Math.min(Math.max(wanted, EXECUTION_SECONDS.least), EXECUTION_SECONDS.most);
  const untilWindowEnds = Math.floor((windowEndMs - nowMs) / 1000);
  return {
    maxExecutionTimeInSeconds: Math.max(1, Math.min(bounded, untilWindowEnds)),
    estimateMs: Math.round(workSeconds * 1000),
  };
}
