/**
 * Conditions that select exactly the targets of a list. A target is a text: the id of a device, or `device/module` for a
 * module, since ids contain no slash. All targets of a list are of the same kind.
 */
import { literal } from '../../hub-query/literal.js';

/** Maximum number of characters of a condition or query; IoT Hub rejects longer ones. */
export const MAX_QUERY_LENGTH = 8192;

const OPEN = 'deviceId IN [';
const CLOSE = ']';
const OF_MODULES = 'FROM devices.modules WHERE ';

/** A device, or a module of it. */
export interface TargetIds {
  readonly deviceId: string;
  readonly moduleId?: string;
}

/** Returns the text of a target. */
export const targetText = ({ deviceId, moduleId }: TargetIds): string =>
  moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;

/** Returns the ids in the text of a target. */
export function targetIds(target: string): TargetIds {
  const at = target.indexOf('/');
  return at === -1 ? { deviceId: target } : { deviceId: target.slice(0, at), moduleId: target.slice(at + 1) };
}

/** What a query for targets selects from, and the fields that identify each target. */
export const querySource = ([first = '']: readonly string[]): { readonly source: string; readonly fields: string } =>
  first.includes('/')
    ? { source: 'devices.modules', fields: 'deviceId, moduleId' }
    : { source: 'devices', fields: 'deviceId' };

/** Returns the condition of a hub job for exactly these targets. */
export const idCondition = (targets: readonly string[]): string => `${jobStart(targets)}${idFilter(targets)}`;

const jobStart = ([first = '']: readonly string[]): string => (first.includes('/') ? OF_MODULES : '');

/** Returns what stands after WHERE in a query for exactly these targets. */
export function idFilter(targets: readonly string[]): string {
  const lists = [...byModule(targets)].map(
    ([moduleId, deviceIds]) => `${moduleStart(moduleId)}${OPEN}${deviceIds.map(literal).join(',')}${CLOSE}`,
  );
  return lists.length < 2 ? (lists[0] ?? `${OPEN}${CLOSE}`) : `(${lists.map((list) => `(${list})`).join(' OR ')})`;
}

const moduleStart = (moduleId: string | undefined): string =>
  moduleId === undefined ? '' : `moduleId = ${literal(moduleId)} AND `;

function byModule(targets: readonly string[]): Map<string | undefined, string[]> {
  const lists = new Map<string | undefined, string[]>();
  for (const { deviceId, moduleId } of targets.map(targetIds)) {
    const list = lists.get(moduleId) ?? [];
    list.push(deviceId);
    lists.set(moduleId, list);
  }
  return lists;
}

/** Limits of a list of targets beside the length of a query. */
export interface IdListLimits {
  /** Characters of the query around the filter, for example of `SELECT deviceId FROM devices WHERE `; by default those of a job. */
  readonly around?: number;
  /** Maximum number of targets, for example the guard `maxDevicesPerJob`; unlimited if absent. */
  readonly maxDevices?: number;
}

/** Returns how many of `targets`, from the first on, fit one condition; at least one, because a single one always fits. */
export function fittingIds(targets: readonly string[], limits: IdListLimits = {}): number {
  const { around = jobStart(targets).length, maxDevices = Infinity } = limits;
  const modules = new Set<string | undefined>();
  let length = around;
  let count = 0;
  for (const target of targets) {
    const { deviceId, moduleId } = targetIds(target);
    length += literal(deviceId).length + (modules.has(moduleId) ? 1 : moduleStart(moduleId).length + OPEN.length + 1);
    modules.add(moduleId);
    // Several lists are in parentheses, each and all together, with ` OR ` between them.
    const joined = modules.size < 2 ? 0 : modules.size * 6 - 2;
    if (count >= maxDevices || (length + joined > MAX_QUERY_LENGTH && count > 0)) break;
    count += 1;
  }
  return count;
}

/** Splits `targets`, in their order, into as few lists as the limits allow. */
export function splitIds(targets: readonly string[], limits: IdListLimits = {}): string[][] {
  const lists: string[][] = [];
  for (let start = 0; start < targets.length;) {
    const count = fittingIds(targets.slice(start, start + MAX_IDS), limits);
    lists.push(targets.slice(start, start + count));
    start += count;
  }
  return lists;
}

/** More ids never fit one condition, since each takes at least four characters. */
const MAX_IDS = MAX_QUERY_LENGTH / 4;
