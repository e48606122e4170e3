import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CallContext, remainingMs } from '../../core/call-context.js';
import type { NativeRow } from '../../edge/definitions.js';
import { optional } from '../../jobs/parameters.js';
import { PageInProgress } from '../../jobs/services/page-in-progress.js';
import { batchAt, batchesOf } from '../plan/batches.js';
import { FINAL_DEVICE_STATES, OPEN_DEVICE_STATES } from '../machine/device-states.js';
import { ROLLOUT_ID } from '../definition/parameters.js';
import type { RolloutRecord } from '../records/records.js';
import { deviceRow } from '../reporting/rows.js';
import { type DeviceWalk, readDeviceToken, writeDeviceToken } from './device-page-token.js';
import type { RolloutServiceEnvironment } from './rollout-service.js';
import { defineRolloutService } from './rollout-service.js';

const MAX_ITEMS = 1000;
/** Time reserved for the response. A search that takes longer continues with the next page. */
const ANSWER_RESERVE_MS = 3000;

/** Minimum number of devices that a page examines, even if the deadline is near. */
const LEAST_SEARCHED = 1000;

/** Number of devices that are read before other calls may run. */
const DEVICES_AT_ONCE = 500;

const STATES = [...OPEN_DEVICE_STATES, ...FINAL_DEVICE_STATES];

interface DevicePage {
  readonly rows: readonly NativeRow[];
  /** For the next page; `null` after the last one. */
  readonly continuationToken: string | null;
}

export const queryRolloutDevicesService = defineRolloutService({
  name: 'QueryRolloutDevices',
  description: 'Returns the devices of a roll-out with their states, page by page',
  isReadOnly: true,
  parameters: {
    rolloutId: ROLLOUT_ID,
    state: optional({
      baseType: 'STRING',
      description: `The state of the devices to return: ${STATES.join(', ')}; all if omitted`,
      choices: STATES,
      ignoresCase: true,
    }),
    batch: optional({
      baseType: 'INTEGER',
      description: 'The batch of the devices to return, from 1; all if omitted',
      minimum: 1,
    }),
    maxItems: optional({
      baseType: 'INTEGER',
      description: `Maximum number of rows of a page: 1 to ${MAX_ITEMS}, default ${MAX_ITEMS}`,
      minimum: 1,
      maximum: MAX_ITEMS,
    }),
    continuationToken: optional({
      baseType: 'STRING',
      description: 'The token of the previous page of the same roll-out, state and batch; the first page if omitted',
    }),
  },
  result: {
    baseType: 'JSON',
    description:
      '{rows: [{deviceId, moduleId, batch, state, attempts, jobId, methodStatus, methodPayload, methodPayloadTruncated, errorCode, errorDescription, startTime, endTime, nextAttemptTime}], continuationToken}: dates as ISO text, without missing values; the token is null after the last page. A page may have fewer rows than maxItems, or none, although more follow',
  },
  run: async ({ rolloutId, state, batch, maxItems = MAX_ITEMS, continuationToken }, context, env) => {
    const filters = { rolloutId, state, batch };
    return await readDevicePage(env, context, { ...filters, maxItems, continuationToken });
  },
});

export interface DevicePageRequest {
  readonly rolloutId: string;
  readonly state?: string | undefined;
  readonly batch?: number | undefined;
  readonly maxItems: number;
  readonly continuationToken?: string | undefined;
}

/** Reads one page of the devices of a roll-out. @throws AgentError `RolloutNotFound`, `InvalidArgument` for a wrong token. */
export async function readDevicePage(
  env: PageEnvironment,
  context: CallContext,
  { rolloutId, state, batch, maxItems, continuationToken }: DevicePageRequest,
): Promise<DevicePage> {
  const { record } = await env.driver.status(rolloutId);
  const walk = { rolloutId, nonce: record.nonce, state, batch };
  const position = continuationToken === undefined ? 0 : readDeviceToken(walk, continuationToken);
  return await readPage(env, context, { record, walk, position, maxItems });
}

type PageEnvironment = Pick<RolloutServiceEnvironment, 'driver' | 'messageLimits'>;

interface PageRequest {
  readonly record: RolloutRecord;
  readonly walk: DeviceWalk;
  readonly position: number;
  readonly maxItems: number;
}

/** Reads devices by position. Positions never change, so that the pages contain each device exactly once. */
async function readPage(
  env: PageEnvironment,
  context: CallContext,
  { record, walk, position, maxItems }: PageRequest,
): Promise<DevicePage> {
  const plan = batchesOf(record);
  const isDirect = record.definition.via === 'direct';
  const { from, to } = rangeOf(record, walk.batch, position);
  const page = new PageInProgress(maxItems, env.messageLimits);
  const pageUntil = (at: number): DevicePage => ({
    rows: page.rows,
    continuationToken: writeDeviceToken(walk, at),
  });
  for await (const { position: at, device, nextAttemptMs } of devicesIn(env, record, { from, to })) {
    if (at % DEVICES_AT_ONCE === 0) await nextTurn();
    const isOutOfTime = at - from >= LEAST_SEARCHED && remainingMs(context) < ANSWER_RESERVE_MS;
    if (page.isFull || isOutOfTime) return pageUntil(at);
    if (walk.state !== undefined && device.state !== walk.state) continue;
    const row = deviceRow(device, batchAt(plan, at)?.batch ?? 0, { nextAttemptMs, isDirect });
    if (page.add([row], 0) === 0) return pageUntil(at);
  }
  return { rows: page.rows, continuationToken: null };
}

interface PositionRange {
  readonly from: number;
  readonly to: number;
}

const devicesIn = (env: PageEnvironment, record: RolloutRecord, range: PositionRange) =>
  range.from < range.to ? env.driver.devices(record, range) : [];

/** The positions that a page may read; none until the set of devices is fixed. */
function rangeOf(record: RolloutRecord, batch: number | undefined, position: number): PositionRange {
  if (batch === undefined) return { from: position, to: record.deviceCount ?? 0 };
  const { start = 0, size = 0 } = batchesOf(record)[batch - 1] ?? {};
  return { from: Math.max(position, start), to: start + size };
}
