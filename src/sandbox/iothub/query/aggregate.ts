import type { AggregateFunction } from '../../../hub-query/syntax.js';
import { numberOf, orderOf } from './compare.js';

/** Adds values one by one and returns their aggregate, or undefined if there is none. */
export interface Aggregate {
  add(value: unknown): void;
  result(): unknown;
}

/** Creates an aggregate that skips missing values and values of a type that the function cannot use. */
export function createAggregate(name: AggregateFunction): Aggregate {
  switch (name) {
    case 'COUNT':
      return createCount();
    case 'SUM':
      return createSum((sum) => sum);
    case 'AVG':
      return createSum((sum, count) => sum / count);
    case 'MIN':
      return createExtreme(-1);
    case 'MAX':
      return createExtreme(1);
  }
}

function createCount(): Aggregate {
  let count = 0;
  return {
    add: () => {
      count += 1;
    },
    result: () => count,
  };
}

function createSum(finish: (sum: number, count: number) => number): Aggregate {
  let sum = 0;
  let count = 0;
  return {
    add: (value) => {
      const number = numberOf(value);
      if (number === undefined) return;
      sum += number;
      count += 1;
    },
    result: () => (count === 0 ? undefined : finish(sum, count)),
  };
}

/** Creates an aggregate for the smallest or largest number, or string if there are no numbers. */
function createExtreme(direction: 1 | -1): Aggregate {
  let ofNumbers: number | bigint | undefined;
  let ofStrings: string | undefined;
  const better = <T extends number | bigint | string>(value: T, best: T | undefined): T =>
    best === undefined || orderOf(value, best) === direction ? value : best;
  return {
    add: (value) => {
      if (typeof value === 'number' || typeof value === 'bigint') ofNumbers = better<number | bigint>(value, ofNumbers);
      else if (typeof value === 'string') ofStrings = better(value, ofStrings);
    },
    result: () => ofNumbers ?? ofStrings,
  };
}
