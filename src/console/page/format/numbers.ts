const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** A number with separators: `12,345`. */
export const formatNumber = (value: number): string => COUNT.format(value);

/** `1 device`, `2,000 devices`. @param plural for a noun that does not take a plain `s`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : plural}`;
}

/** A share of a whole: `12 %`, and never 0 or 100 % for a share that is neither. Empty if the whole is. */
export function percentText(part: number, whole: number): string {
  if (whole <= 0) return '';
  const percent = (Math.min(part, whole) / whole) * 100;
  if (percent > 0 && percent < 1) return '< 1 %';
  return percent > 99 && percent < 100 ? '> 99 %' : `${Math.round(percent)} %`;
}
