import type { StartArguments } from '../../rollouts/definition/parameters.js';
import { argumentFaults } from '../../rollouts/definition/argument-faults.js';
import { ROLLOUT_OPTIONS, ROLLOUT_PARAMETERS, type RolloutOption } from '../definition.js';
import { callerOptionsOf } from '../options.js';
import type { RawRollout } from '../rollout-schema.js';
import type { RawService } from '../schema.js';
import type { Finding } from './finding.js';

/** The options that name the devices. */
const TARGETS = ['queryCondition', 'deviceIds'] as const;

/** Findings of the roll-out of a service, by the checks of StartRollout; their paths begin at the service. */
export function findingsOfRollout(service: RawService): Finding[] {
  const { rollout, job, kind } = service;
  if (!rollout) return [];
  const callers = callerOptionsOf(service);
  const context = {
    isMethod: kind === 'deviceMethod',
    mayNameTargets: TARGETS.some((option) => callers.includes(option) || isOfWrongType(rollout, option)),
  };
  const faults = [...argumentFaults(argumentsOf(rollout), context)];
  return [
    ...(job ? [{ path: ['rollout'], message: 'cannot be combined with job', hint: 'keep one of the two' }] : []),
    ...faults.map(({ path, problem }) => ({ path: ['rollout', ...path], message: problem })),
  ];
}

/** The fixed arguments of the right type; the schema reports the others. An empty text counts as absent. */
function argumentsOf(rollout: RawRollout): StartArguments {
  const given = ROLLOUT_OPTIONS.flatMap((option) => {
    const value: unknown = rollout[option];
    return isOfType(ROLLOUT_PARAMETERS[option].baseType, value) ? [[option, value] as const] : [];
  });
  return Object.fromEntries(given);
}

/** The schema reports such a value, so it must not be reported as missing, too. */
function isOfWrongType(rollout: RawRollout, option: RolloutOption): boolean {
  const value: unknown = rollout[option];
  return value !== undefined && value !== '' && !isOfType(ROLLOUT_PARAMETERS[option].baseType, value);
}

function isOfType(baseType: string, value: unknown): boolean {
  if (baseType === 'JSON') return Array.isArray(value);
  if (baseType === 'INTEGER' || baseType === 'NUMBER') return typeof value === 'number';
  return typeof value === 'string' && value !== '';
}
