import { invalidParameter } from '../../edge/parameter-rules.js';
import { checkCondition, targetQuery } from '../../jobs/conditions.js';
import { createHash } from 'node:crypto';
import type { RolloutDefinition } from '../records/records.js';
import { type ListRules, readList } from './json-list.js';

/** The fields of the query that reads the devices of a condition. */
export const WALK_FIELDS = 'deviceId';

/**
 * Checks the condition that selects the devices of a roll-out; `*` for all.
 * @throws AgentError `InvalidArgument` naming `queryCondition`, also if the query for its devices would be too long.
 */
export function checkTargetCondition(condition: string, parses: boolean): string {
  const targets = checkCondition(condition, parses);
  if (targets.isForModules)
    throw invalidParameter(
      'queryCondition',
      'selects modules, and roll-outs support only devices; omit FROM devices.modules WHERE',
    );
  targetQuery(targets, WALK_FIELDS);
  return targets.condition;
}

/**
 * Checks the condition that a device must match to succeed. It becomes part of a query for a list of devices.
 * @throws AgentError `InvalidArgument` naming `verifyCondition`.
 */
export function checkVerifyCondition(condition: string, parses: boolean): string {
  const targets = checkCondition(condition, parses, 'verifyCondition');
  if (/^\s*FROM\b/i.test(condition))
    throw invalidParameter('verifyCondition', 'begins with FROM; pass only the part after WHERE');
  if (targets.where === undefined) throw invalidParameter('verifyCondition', 'must be a condition; * is not allowed');
  return targets.where;
}

export const MAX_DEVICE_IDS = 100_000;

/** The form of device ids in IoT Hub. */
const DEVICE_ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;
const FORM = "1 to 128 letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '";

/** The parameter `deviceIds`. */
export const DEVICE_IDS: ListRules = {
  parameter: 'deviceIds',
  maxItems: MAX_DEVICE_IDS,
  isLarge: true,
  *wholeFaults(list) {
    if (list.length === 0) yield { path: ['deviceIds'], problem: 'is empty; list at least one device' };
  },
  *itemFaults(id, path) {
    if (typeof id !== 'string' || !DEVICE_ID.test(id)) yield { path, problem: `must be a device id: ${FORM}` };
  },
};

/**
 * Reads the parameter `deviceIds`, without repeated ids; undefined if it is absent.
 * @throws AgentError `InvalidArgument` naming the index, from 0, of the first invalid id.
 */
export function readDeviceIds(given: unknown): readonly string[] | undefined {
  const list = readList(given, DEVICE_IDS) as readonly string[] | undefined;
  return list && [...new Set(list)];
}

/** Returns what a definition contains of a list of devices. */
export function listSummary(ids: readonly string[]): NonNullable<RolloutDefinition['deviceIds']> {
  const hash = createHash('sha256');
  for (const id of ids) hash.update(id).update('\n');
  return { count: ids.length, digest: hash.digest('base64url').slice(0, 22) };
}
