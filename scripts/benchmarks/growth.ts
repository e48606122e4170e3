import type { Measured, Rate } from './compare.js';
import { codeGrowths } from './growth-of-code.js';
import { endGrowths } from './growth-of-ends.js';
import { median } from './paired.js';

/** Something whose cost is measured at 1, 10 and 100 times a size. */
export interface Growth {
  /** What there is more of. */
  readonly name: string;
  /** Of the cost, such as `us/row`: the ratio to the cost at the first size shows whether it stays the same. */
  readonly unit: string;
  readonly sizes: readonly [number, number, number];
  /** Prepares a size; sizes follow each other in ascending order. */
  readonly open: (size: number) => Promise<Cost>;
  /** Called at the end. */
  readonly close?: () => Promise<void>;
}

/** The cost of one unit at one size. */
export interface Cost {
  measure(): Promise<number>;
  close?(): Promise<void>;
}

const REPETITIONS = 5;

export function growthBenchmarks(): { readonly name: string; readonly measure: () => Promise<Measured[]> }[] {
  return [...codeGrowths(), ...endGrowths()].map((growth) => ({
    name: `growth.${growth.name}`,
    measure: () => measureGrowth(growth),
  }));
}

/** Measures the cost at each size; the reference of each is the cost at the first one. */
async function measureGrowth({ name, unit, sizes, open, close }: Growth): Promise<Measured[]> {
  const measured: Measured[] = [];
  try {
    for (const size of sizes) {
      const ours = await costAt(await open(size));
      const reference = measured[0]?.ours ?? ours;
      measured.push({ name: `growth.${name}.${size}`, unit, ours, reference, ratio: ours.median / reference.median });
    }
  } finally {
    await close?.();
  }
  return measured;
}

async function costAt(cost: Cost): Promise<Rate> {
  try {
    await cost.measure();
    const values: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) values.push(await cost.measure());
    return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
  } finally {
    await cost.close?.();
  }
}
