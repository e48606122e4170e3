/**
 * Series on top of each other: each value plus those of the series before it.
 * @param series the values of each series, all of one length.
 */
export function stacked(series: readonly (readonly number[])[]): number[][] {
  const sums: number[][] = [];
  for (const values of series) {
    const below = sums.at(-1);
    sums.push(values.map((value, index) => value + (below?.[index] ?? 0)));
  }
  return sums;
}

/** Requests of each step as a rate per minute. */
export const perMinute = (requests: number, stepSeconds: number): number =>
  stepSeconds > 0 ? (requests * 60) / stepSeconds : 0;
