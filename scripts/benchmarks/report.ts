import type { Measured, Rate } from './compare.js';

/** One line of bench/results.json. */
export interface BenchResult {
  readonly name: string;
  readonly ours: number;
  readonly reference: number;
  readonly ratio: number;
  readonly unit: string;
  /** Processor time for each operation, in microseconds. */
  readonly cpuMicros?: { readonly ours: number; readonly reference: number };
}

export function resultOf({ name, unit, ours, reference, ratio, cpuMicros }: Measured): BenchResult {
  return {
    name,
    ours: significant(ours.median),
    reference: significant(reference.median),
    ratio: Number(ratio.toFixed(2)),
    unit,
    ...(cpuMicros && { cpuMicros: { ours: significant(cpuMicros.ours), reference: significant(cpuMicros.reference) } }),
  };
}

/** A readable table: medians with slowest and fastest. */
export function formatMeasured(measured: readonly Measured[]): string {
  const lines = measured.map((one) => [
    one.name,
    formatRate(one.ours),
    formatRate(one.reference),
    resultOf(one).ratio.toFixed(2),
    one.unit,
    one.cpuMicros ? `${format(one.cpuMicros.ours)} / ${format(one.cpuMicros.reference)}` : '',
  ]);
  const titles = ['benchmark', 'ours (min..max)', 'reference (min..max)', 'ratio', 'unit', 'CPU, microseconds each'];
  const table = [titles, ...lines];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  return table
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function formatRate({ median, min, max }: Rate): string {
  return `${format(median)} (${format(min)}..${format(max)})`;
}

function format(rate: number): string {
  return significant(rate).toLocaleString('en');
}

/** Formats three significant digits; more would be noise. */
function significant(rate: number): number {
  return Number(rate.toPrecision(3));
}
