import { invalidParameter } from '../../edge/parameter-rules.js';
import { checkCondition, targetQuery } from '../../jobs/conditions.js';

/** The query that walks over the devices of a condition. */
export const WALK_FIELDS = 'deviceId';

/**
 * The condition that chooses the devices of a roll-out; `*` for all.
 * @throws AgentError `InvalidArgument` naming `queryCondition`, also when the walk over its devices does not fit a query.
 */
export function checkTargetCondition(condition: string, parses: boolean): string {
  const targets = checkCondition(condition, parses);
  if (targets.isForModules)
    throw invalidParameter('queryCondition', 'is for modules; a roll-out is for devices, so leave FROM out');
  targetQuery(targets, WALK_FIELDS);
  return targets.condition;
}

/**
 * The condition that a device must match to succeed: it becomes part of a query over a list of devices.
 * @throws AgentError `InvalidArgument` naming `verifyCondition`.
 */
export function checkVerifyCondition(condition: string, parses: boolean): string {
  const targets = checkCondition(condition, parses, 'verifyCondition');
  if (/^\s*FROM\b/i.test(condition))
    throw invalidParameter('verifyCondition', 'begins with FROM; pass only the part after WHERE');
  if (targets.where === undefined)
    throw invalidParameter('verifyCondition', 'must be a condition on the device, not *');
  return targets.where;
}
