import { literal } from '../../hub-query/literal.js';

/** Maximum number of characters of a condition or query; IoT Hub rejects longer ones. */
export const MAX_QUERY_LENGTH = 8192;

const OPEN = 'deviceId IN [';
const CLOSE = ']';

/** Returns the condition that selects exactly these devices. */
export function idCondition(deviceIds: readonly string[]): string {
  return `${OPEN}${deviceIds.map((deviceId) => literal(deviceId)).join(',')}${CLOSE}`;
}

/** Limits of a list of ids beside the length of a query. */
export interface IdListLimits {
  /** Characters of the query around the condition, for example of `SELECT deviceId FROM devices WHERE `; default 0. */
  readonly around?: number;
  /** Maximum number of devices, for example the guard `maxDevicesPerJob`; unlimited if absent. */
  readonly maxDevices?: number;
}

/** Returns how many of `deviceIds`, from the first on, fit one condition; at least one, because a single id always fits. */
export function fittingIds(deviceIds: readonly string[], { around = 0, maxDevices = Infinity }: IdListLimits): number {
  let length = around + OPEN.length + CLOSE.length;
  let count = 0;
  for (const deviceId of deviceIds) {
    length += literal(deviceId).length + (count > 0 ? 1 : 0);
    if (count >= maxDevices || (length > MAX_QUERY_LENGTH && count > 0)) break;
    count += 1;
  }
  return count;
}

/** Splits `deviceIds`, in their order, into as few lists as the limits allow. */
export function splitIds(deviceIds: readonly string[], limits: IdListLimits = {}): string[][] {
  const lists: string[][] = [];
  for (let start = 0; start < deviceIds.length;) {
    const count = fittingIds(deviceIds.slice(start, start + MAX_IDS), limits);
    lists.push(deviceIds.slice(start, start + count));
    start += count;
  }
  return lists;
}

/** More ids never fit one condition, since each takes at least four characters. */
const MAX_IDS = MAX_QUERY_LENGTH / 4;
