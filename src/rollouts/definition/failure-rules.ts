import { invalidParameter } from '../../edge/parameter-rules.js';
import type { AbortCriterion } from '../machine/abort.js';
import { FAILURE_STATES, type FailureState } from '../machine/device-states.js';
import { choiceAt, integerAt, objectAt, smallListOf } from './json-list.js';
import { RETRY_CLASSES, type RetryClass } from '../records/records.js';

const MAX_CRITERIA = 10;
const MAX_COUNT = 1_000_000_000;
const KEYS = ['on', 'percent', 'count', 'minimumExecuted', 'scope', 'action'];

/**
 * Reads the parameter `abort`, with defaults; undefined if it is absent.
 * @throws AgentError `InvalidArgument` naming the path of the invalid value.
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
  if (on.length === 0) throw invalidParameter('abort', `is invalid: ${place} must contain at least one state`);
  const named = on.map((state: unknown, index): FailureState =>
    choiceAt('abort', state, `${place}[${index}]`, FAILURE_STATES),
  );
  return [...new Set(named)];
}

/** Reads exactly one of `percent` and `count`. */
function limit(
  { percent, count }: Readonly<Record<string, unknown>>,
  place: string,
): Pick<AbortCriterion, 'percent' | 'count'> {
  if ((percent === undefined) === (count === undefined))
    throw invalidParameter('abort', `is invalid: ${place} must have exactly one of percent and count`);
  if (count !== undefined)
    return { count: integerAt('abort', count, `${place}.count`, { minimum: 1, maximum: MAX_COUNT }) };
  if (typeof percent === 'number' && percent > 0 && percent <= 100 && hasTwoDecimals(percent)) return { percent };
  throw invalidParameter(
    'abort',
    `is invalid: ${place}.percent must be a number above 0 to 100 with at most two decimals`,
  );
}

const hasTwoDecimals = (value: number): boolean => Number(value.toFixed(2)) === value;

/** Defaults of `retryOn`. */
export const DEFAULT_RETRY_ON: Readonly<Record<'method' | 'patch', readonly RetryClass[]>> = {
  method: ['offline'],
  patch: ['timedOut', 'failed'],
};

const STATUS = { minimum: 400, maximum: 999 } as const;
/** Maximum length of a list, in which items may be repeated. */
const MAX_ITEMS = 1000;

/** Reads the parameter `retryOn`; undefined if it is absent. @throws AgentError `InvalidArgument`. */
export function readRetryOn(given: unknown): readonly RetryClass[] | undefined {
  const list = smallListOf('retryOn', given, MAX_ITEMS);
  return list && unique(list.map((item, index) => choiceAt('retryOn', item, `retryOn[${index}]`, RETRY_CLASSES)));
}

/** Reads the parameter `retryStatuses`, sorted; undefined if it is absent. @throws AgentError `InvalidArgument`. */
export function readRetryStatuses(given: unknown): readonly number[] | undefined {
  const list = smallListOf('retryStatuses', given, MAX_ITEMS);
  if (list?.length === 0) throw invalidParameter('retryStatuses', 'is empty; omit it to retry all statuses');
  return (
    list &&
    unique(list.map((item, index) => integerAt('retryStatuses', item, `retryStatuses[${index}]`, STATUS))).sort(
      (a, b) => a - b,
    )
  );
}

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];
