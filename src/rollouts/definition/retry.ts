import { invalidParameter } from '../../edge/parameter-rules.js';
import { RETRY_CLASSES, type RetryClass } from '../records.js';
import { choiceAt, integerAt, smallListOf } from './json-list.js';

/** Failures that are retried where a call does not say which. */
export const DEFAULT_RETRY_ON: Readonly<Record<'method' | 'patch', readonly RetryClass[]>> = {
  method: ['offline'],
  patch: ['timedOut', 'failed'],
};

const STATUS = { minimum: 400, maximum: 999 } as const;
/** Repeated items are allowed, but not without end. */
const MAX_ITEMS = 1000;

/** The parameter `retryOn`; undefined if it is absent. @throws AgentError `InvalidArgument`. */
export function readRetryOn(given: unknown): readonly RetryClass[] | undefined {
  const list = smallListOf('retryOn', given, MAX_ITEMS);
  return list && unique(list.map((item, index) => choiceAt('retryOn', item, `retryOn[${index}]`, RETRY_CLASSES)));
}

/** The parameter `retryStatuses`, ascending; undefined if it is absent. @throws AgentError `InvalidArgument`. */
export function readRetryStatuses(given: unknown): readonly number[] | undefined {
  const list = smallListOf('retryStatuses', given, MAX_ITEMS);
  if (list?.length === 0) throw invalidParameter('retryStatuses', 'is empty; leave it out to retry all statuses');
  return (
    list &&
    unique(list.map((item, index) => integerAt('retryStatuses', item, `retryStatuses[${index}]`, STATUS))).sort(
      (a, b) => a - b,
    )
  );
}

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];
