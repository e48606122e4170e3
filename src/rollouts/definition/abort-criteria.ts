import { invalidParameter } from '../../edge/parameter-rules.js';
import type { AbortCriterion } from '../abort.js';
import { FAILURE_STATES, type FailureState } from '../device-states.js';
import { choiceAt, integerAt, objectAt, smallListOf } from './json-list.js';

const MAX_CRITERIA = 10;
const MAX_COUNT = 1_000_000_000;
const KEYS = ['on', 'percent', 'count', 'minimumExecuted', 'scope', 'action'];

/**
 * The rules of the parameter `abort`, with their defaults; undefined if it is absent.
 * @throws AgentError `InvalidArgument` naming `abort` and the place in it.
 */
export function readAbort(given: unknown): readonly AbortCriterion[] | undefined {
  return smallListOf('abort', given, MAX_CRITERIA)?.map((item, index) => criterion(item, `abort[${index}]`));
}

function criterion(item: unknown, place: string): AbortCriterion {
  const {
    on,
    minimumExecuted = 1,
    scope = 'rollout',
    action = 'pause',
    ...limits
  } = objectAt('abort', item, place, KEYS);
  return {
    on: states(on, `${place}.on`),
    ...limit(limits, place),
    minimumExecuted: integerAt('abort', minimumExecuted, `${place}.minimumExecuted`, {
      minimum: 1,
      maximum: MAX_COUNT,
    }),
    scope: choiceAt('abort', scope, `${place}.scope`, ['rollout', 'batch']),
    action: choiceAt('abort', action, `${place}.action`, ['pause', 'cancel']),
  };
}

function states(on: unknown, place: string): AbortCriterion['on'] {
  if (!Array.isArray(on)) return choiceAt('abort', on, place, ['any', ...FAILURE_STATES]);
  if (on.length === 0) throw invalidParameter('abort', `is wrong: ${place} must name at least one state`);
  const named = on.map((state: unknown, index): FailureState =>
    choiceAt('abort', state, `${place}[${index}]`, FAILURE_STATES),
  );
  return [...new Set(named)];
}

/** Exactly one of `percent` and `count`. */
function limit(
  { percent, count }: Readonly<Record<string, unknown>>,
  place: string,
): Pick<AbortCriterion, 'percent' | 'count'> {
  if ((percent === undefined) === (count === undefined))
    throw invalidParameter('abort', `is wrong: ${place} must have exactly one of percent and count`);
  if (count !== undefined)
    return { count: integerAt('abort', count, `${place}.count`, { minimum: 1, maximum: MAX_COUNT }) };
  if (typeof percent === 'number' && percent > 0 && percent <= 100 && hasTwoDecimals(percent)) return { percent };
  throw invalidParameter(
    'abort',
    `is wrong: ${place}.percent must be a number above 0 to 100 with at most two decimals`,
  );
}

const hasTwoDecimals = (value: number): boolean => Number(value.toFixed(2)) === value;
