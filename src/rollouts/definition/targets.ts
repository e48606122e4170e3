import { invalidParameter } from '../../edge/parameter-rules.js';
import { checkCondition, targetQuery, type Targets, targetsOfCondition } from '../../jobs/conditions.js';
import { methodAddress, targetsOfMethod } from '../../jobs/module-methods.js';
import { targetText } from '../plan/id-conditions.js';
import { createHash } from 'node:crypto';
import type { RolloutDefinition } from '../records/records.js';
import { type ListRules, readList } from './json-list.js';

/** The fields of the query that reads the targets of a condition. */
export const walkFields = ({ isForModules }: Targets): string => (isForModules ? 'deviceId, moduleId' : 'deviceId');

/** What the condition and the method of a roll-out select. */
export function targetsOf({ queryCondition = '*', methodName }: TargetDefinition): Targets {
  const targets = targetsOfCondition(queryCondition);
  return methodName === undefined ? targets : targetsOfMethod(targets, methodName);
}

type TargetDefinition = Pick<RolloutDefinition, 'queryCondition' | 'methodName'>;

/** Returns the targets of a list: with `module::method`, the module of each device that does not name one itself. */
export function listedTargets({ methodName = '' }: TargetDefinition, ids: readonly string[]): readonly string[] {
  const { moduleId } = methodAddress(methodName);
  return moduleId === undefined
    ? ids
    : ids.map((id) => (id.includes('/') ? id : targetText({ deviceId: id, moduleId })));
}

/**
 * Checks that the queries for the targets of a condition are not too long.
 * @throws AgentError `InvalidArgument` naming `queryCondition`.
 */
export function checkWalk(definition: TargetDefinition & Pick<RolloutDefinition, 'canaryCondition'>): void {
  if (definition.queryCondition === undefined) return;
  const targets = targetsOf(definition);
  targetQuery(targets, walkFields(targets), definition.canaryCondition && `(${definition.canaryCondition})`);
}

/**
 * Checks the condition that selects the devices of a roll-out; `*` for all.
 * @throws AgentError `InvalidArgument` naming `queryCondition`, also if the query for its devices would be too long.
 */
export function checkTargetCondition(condition: string, parses: boolean): string {
  const targets = checkCondition(condition, parses);
  targetQuery(targets, walkFields(targets));
  return targets.condition;
}

/**
 * Checks a condition on devices that are known: it becomes part of a query for them.
 * @throws AgentError `InvalidArgument` naming the parameter.
 */
export function checkDeviceCondition(
  condition: string,
  parses: boolean,
  parameter: 'verifyCondition' | 'canaryCondition',
): string {
  const targets = checkCondition(condition, parses, parameter);
  if (/^\s*FROM\b/i.test(condition))
    throw invalidParameter(parameter, 'begins with FROM; pass only the part after WHERE');
  if (targets.where === undefined) throw invalidParameter(parameter, 'must be a condition; * is not allowed');
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
