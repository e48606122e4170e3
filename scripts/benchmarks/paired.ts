import type { Measured, Rate } from './compare.js';

/** The result of one repetition of one side. */
export interface Sample {
  /** In the unit of the benchmark. */
  readonly value: number;
  /** Processor time of the measured processes for each operation, in microseconds; the machine may be shared. */
  readonly cpuMicros?: number;
}

/** One side of a benchmark, with its processes. */
export interface Side {
  measure(): Promise<Sample>;
  close(): Promise<void>;
}

/** Two ways to do the same thing, each in processes of its own. */
export interface PairedBenchmark {
  readonly name: string;
  readonly unit: string;
  /** Default 5. */
  readonly repetitions?: number;
  readonly ours: () => Promise<Side>;
  readonly reference: () => Promise<Side>;
}

const REPETITIONS = 5;

/**
 * Measures both sides in the same run: a warm-up of each, then five repetitions in alternation, so that other load on the
 * machine affects both. The ratio is the median of the five pairs.
 */
export async function measurePair({
  name,
  unit,
  ours,
  reference,
  repetitions = REPETITIONS,
}: PairedBenchmark): Promise<Measured> {
  const sides: Side[] = [];
  try {
    const us = await opened(ours, sides);
    const them = await opened(reference, sides);
    await us.measure();
    await them.measure();
    const pairs: { readonly ours: Sample; readonly reference: Sample }[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      pairs.push({ ours: await us.measure(), reference: await them.measure() });
    }
    return summary(name, unit, pairs);
  } finally {
    for (const side of sides) await side.close();
  }
}

async function opened(open: () => Promise<Side>, sides: Side[]): Promise<Side> {
  const side = await open();
  sides.push(side);
  return side;
}

function summary(
  name: string,
  unit: string,
  pairs: readonly { readonly ours: Sample; readonly reference: Sample }[],
): Measured {
  const ours = pairs.map((pair) => pair.ours);
  const reference = pairs.map((pair) => pair.reference);
  return {
    name,
    unit,
    ours: rateOf(ours),
    reference: rateOf(reference),
    ratio: median(pairs.map((pair) => pair.ours.value / pair.reference.value)),
    ...cpu(ours, reference),
  };
}

function cpu(ours: readonly Sample[], reference: readonly Sample[]): Pick<Measured, 'cpuMicros'> {
  const of = (samples: readonly Sample[]): number[] => samples.flatMap(({ cpuMicros }) => cpuMicros ?? []);
  if (of(ours).length === 0 || of(reference).length === 0) return {};
  return { cpuMicros: { ours: median(of(ours)), reference: median(of(reference)) } };
}

function rateOf(samples: readonly Sample[]): Rate {
  const values = samples.map(({ value }) => value);
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** A resource that both sides of a benchmark use: opened for the first user, closed after the last. */
export class Shared<T> {
  readonly #open: () => Promise<T>;
  readonly #close: (opened: T) => Promise<unknown>;
  #opened: Promise<T> | undefined;
  #users = 0;

  constructor(open: () => Promise<T>, close: (opened: T) => Promise<unknown>) {
    this.#open = open;
    this.#close = close;
  }

  async use(): Promise<T> {
    this.#users += 1;
    return await (this.#opened ??= this.#open());
  }

  async leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0 || !this.#opened) return;
    await this.#close(await this.#opened);
    this.#opened = undefined;
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
