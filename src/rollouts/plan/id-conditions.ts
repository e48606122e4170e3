import { literal } from '../../hub-query/literal.js';

/** The longest condition or query that the agent sends, in characters. IoT Hub refuses longer ones. */
export const MAX_QUERY_LENGTH = 8192;

const OPEN = 'deviceId IN [';
const CLOSE = ']';

/** The condition that names exactly these devices. */
export function idCondition(deviceIds: readonly string[]): string {
  return `${OPEN}${deviceIds.map((deviceId) => literal(deviceId)).join(',')}${CLOSE}`;
}

export interface IdListLimits {
  /** Characters of the whole text around the condition, for example `SELECT deviceId FROM devices WHERE `. */
  readonly around?: number;
  /** Devices of one list; the guard `maxDevicesPerJob` of a job. */
  readonly maxDevices?: number;
}

/** How many of `deviceIds`, from the first on, fit one condition; at least one, whose length no id can exceed. */
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

/** The fewest lists that hold `deviceIds` in their order within the limits. */
export function splitIds(deviceIds: readonly string[], limits: IdListLimits = {}): string[][] {
  const lists: string[][] = [];
  for (let start = 0; start < deviceIds.length;) {
    const count = fittingIds(deviceIds.slice(start, start + MAX_IDS), limits);
    lists.push(deviceIds.slice(start, start + count));
    start += count;
  }
  return lists;
}

/** More ids than these fit no condition, since each takes four characters at least. */
const MAX_IDS = MAX_QUERY_LENGTH / 4;
