import type { AbortCriterion } from '../machine/abort.js';
import { FAILURE_STATES } from '../machine/device-states.js';
import { RETRY_CLASSES, type RetryClass } from '../records/records.js';
import { choiceFaults, type Fault, type FaultPath, integerFaults, isObject, objectFaults } from './faults.js';
import { type ListRules, readList } from './json-list.js';

const KEYS = ['on', 'percent', 'count', 'minimumExecuted', 'scope', 'action'];
const COUNT = { minimum: 1, maximum: 1_000_000_000 } as const;

/** The parameter `abort`. */
export const ABORT: ListRules = { parameter: 'abort', maxItems: 10, itemFaults: criterionFaults };

/**
 * Reads the parameter `abort`, with defaults; undefined if it is absent.
 * @throws AgentError `InvalidArgument` naming the path of the invalid value.
 */
export function readAbort(given: unknown): readonly AbortCriterion[] | undefined {
  const list = readList(given, ABORT) as readonly GivenCriterion[] | undefined;
  return list?.map(({ on, percent, count, minimumExecuted = 1, scope = 'rollout', action = 'pause' }) => ({
    on: typeof on === 'string' ? on : [...new Set(on)],
    ...(count === undefined ? {} : { count }),
    ...(percent === undefined ? {} : { percent }),
    minimumExecuted,
    scope,
    action,
  }));
}

/** A criterion without faults; its keys with a default may be absent. */
type GivenCriterion = Pick<AbortCriterion, 'on' | 'percent' | 'count'> & Partial<AbortCriterion>;

function* criterionFaults(item: unknown, path: FaultPath): Generator<Fault> {
  yield* objectFaults(item, path, KEYS);
  if (!isObject(item)) return;
  const { on, minimumExecuted = 1, scope = 'rollout', action = 'pause' } = item;
  yield* stateFaults(on, [...path, 'on']);
  yield* limitFaults(item, path);
  yield* integerFaults(minimumExecuted, [...path, 'minimumExecuted'], COUNT);
  yield* choiceFaults(scope, [...path, 'scope'], ['rollout', 'batch']);
  yield* choiceFaults(action, [...path, 'action'], ['pause', 'cancel']);
}

function* stateFaults(on: unknown, path: FaultPath): Generator<Fault> {
  if (!Array.isArray(on)) return yield* choiceFaults(on, path, ['any', ...FAILURE_STATES]);
  if (on.length === 0) yield { path, problem: 'must contain at least one state' };
  for (const [index, state] of on.entries()) yield* choiceFaults(state, [...path, index], FAILURE_STATES);
}

/** Checks that there is exactly one of `percent` and `count`. */
function* limitFaults({ percent, count }: Readonly<Record<string, unknown>>, path: FaultPath): Generator<Fault> {
  if ((percent === undefined) === (count === undefined))
    yield { path, problem: 'must have exactly one of percent and count' };
  else if (count !== undefined) yield* integerFaults(count, [...path, 'count'], COUNT);
  else if (typeof percent !== 'number' || !(percent > 0) || percent > 100 || !hasTwoDecimals(percent))
    yield { path: [...path, 'percent'], problem: 'must be a number above 0 to 100 with at most two decimals' };
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

/** The parameter `retryOn`. */
export const RETRY_ON: ListRules = {
  parameter: 'retryOn',
  maxItems: MAX_ITEMS,
  itemFaults: (item, path) => choiceFaults(item, path, RETRY_CLASSES),
};

/** The parameter `retryStatuses`. */
export const RETRY_STATUSES: ListRules = {
  parameter: 'retryStatuses',
  maxItems: MAX_ITEMS,
  *wholeFaults(list) {
    if (list.length === 0) yield { path: ['retryStatuses'], problem: 'is empty; omit it to retry all statuses' };
  },
  itemFaults: (item, path) => integerFaults(item, path, STATUS),
};

/** Reads the parameter `retryOn`; undefined if it is absent. @throws AgentError `InvalidArgument`. */
export function readRetryOn(given: unknown): readonly RetryClass[] | undefined {
  const list = readList(given, RETRY_ON) as readonly RetryClass[] | undefined;
  return list && [...new Set(list)];
}

/** Reads the parameter `retryStatuses`, sorted; undefined if it is absent. @throws AgentError `InvalidArgument`. */
export function readRetryStatuses(given: unknown): readonly number[] | undefined {
  const list = readList(given, RETRY_STATUSES) as readonly number[] | undefined;
  return list && [...new Set(list)].sort((a, b) => a - b);
}
