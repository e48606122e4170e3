import { invalidParameter } from '../../edge/parameter-rules.js';
import { checkJson, unwrapList } from '../../jobs/json-parameters.js';
import { type Fault, type FaultPath, refuseFirst, thrownFault } from './faults.js';

/** How the items of a JSON parameter that is a list are checked. */
export interface ListRules {
  readonly parameter: string;
  readonly maxItems: number;
  /** Returns the faults of the item at a path. */
  readonly itemFaults: (item: unknown, path: FaultPath) => Iterable<Fault>;
  /** Returns the faults of the list as a whole, beyond its length. */
  readonly wholeFaults?: (list: readonly unknown[]) => Iterable<Fault>;
  /** Whether the items may exceed what other JSON parameters may have in size and depth. */
  readonly isLarge?: boolean;
}

/**
 * Returns the items of a JSON parameter that must be an array; undefined if it is absent.
 * @throws AgentError `InvalidArgument` naming the parameter and the place in it.
 */
export function readList(given: unknown, rules: ListRules): readonly unknown[] | undefined {
  if (given === undefined) return undefined;
  const list = unwrapList(given);
  refuseFirst(listFaults(list, rules));
  return list as readonly unknown[];
}

/** Returns all faults of a list. */
export function* listFaults(list: unknown, rules: ListRules): Generator<Fault> {
  const { parameter, itemFaults, wholeFaults } = rules;
  const whole = [...thrownFault(parameter, () => checkWhole(list, rules))];
  yield* whole;
  if (whole.length > 0 || !Array.isArray(list)) return;
  if (wholeFaults) yield* wholeFaults(list);
  for (const [index, item] of list.entries()) yield* itemFaults(item, [parameter, index]);
}

function checkWhole(list: unknown, { parameter, maxItems, isLarge }: ListRules): void {
  if (!Array.isArray(list)) throw invalidParameter(parameter, 'must be an array');
  if (list.length > maxItems)
    throw invalidParameter(parameter, `has ${list.length} items; at most ${maxItems.toLocaleString('en')} are allowed`);
  if (!isLarge) checkJson(parameter, list, 'use a smaller number');
}
