/** Two ways to do the same thing, and how to do each once. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  readonly ours: () => unknown;
  readonly reference: () => unknown;
}

/** Values in the unit of the benchmark: the median of the repetitions, with minimum and maximum. */
export interface Rate {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly ours: Rate;
  readonly reference: Rate;
  /** Ours divided by the reference: the median of the pairs. */
  readonly ratio: number;
  /** Processor time for each operation, in microseconds, where the measured processes report it. */
  readonly cpuMicros?: { readonly ours: number; readonly reference: number };
}

const REPETITIONS = 5;
const REPETITION_MS = 250;
const WARM_UP_MS = 400;

/** Measures both ways in the same run, in five alternating repetitions after a warm-up of each. */
export function compare(comparison: Comparison): Measured {
  const { name, unit, ours, reference } = comparison;
  const oursBatch = batchSize(ours);
  const referenceBatch = batchSize(reference);
  const oursRates: number[] = [];
  const referenceRates: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    oursRates.push(rateOf(ours, oursBatch));
    referenceRates.push(rateOf(reference, referenceBatch));
  }
  const ratio = summarize(oursRates.map((rate, index) => rate / (referenceRates[index] as number))).median;
  return { name, unit, ours: summarize(oursRates), reference: summarize(referenceRates), ratio };
}

/** Warms up and finds how many operations fill a repetition. */
function batchSize(operation: () => unknown): number {
  const startMs = performance.now();
  let count = 0;
  while (performance.now() - startMs < WARM_UP_MS) {
    for (let index = 0; index < 16; index++) keep(operation());
    count += 16;
  }
  const perMs = rateOf(operation, Math.max(16, Math.floor(count / 8))) / 1000;
  return Math.max(1, Math.round(perMs * REPETITION_MS));
}

function rateOf(operation: () => unknown, count: number): number {
  globalThis.gc?.();
  const startMs = performance.now();
  for (let index = 0; index < count; index++) keep(operation());
  return (count * 1000) / (performance.now() - startMs);
}

/** The last result, kept so that the compiler cannot remove an operation as unused. */
const held: { result: unknown } = { result: undefined };

function keep(result: unknown): void {
  held.result = result;
}

function summarize(rates: readonly number[]): Rate {
  const sorted = [...rates].sort((a, b) => a - b);
  return {
    median: sorted[Math.floor(sorted.length / 2)] as number,
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
  };
}
