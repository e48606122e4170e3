const UNITS: readonly (readonly [seconds: number, one: string, many: string])[] = [
  [86_400, 'day', 'days'],
  [3600, 'h', 'h'],
  [60, 'min', 'min'],
  [1, 's', 's'],
];

/** A duration in its two largest units: `2 days 3 h`, `1 min 40 s`, `0 s`. Negative durations count as zero. */
export function formatDuration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [size, one, many] of UNITS) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) parts.push(`${amount} ${amount === 1 ? one : many}`);
    // A unit of zero between two others ends the text: 1 day 5 s is 1 day.
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length > 0 ? parts.join(' ') : '0 s';
}

/** One unit is enough for a distance in time: `just now`, `40 s ago`, `3 h ago`, `in 2 days`. */
export function formatDistance(fromMs: number, nowMs: number): string {
  const seconds = Math.round(Math.abs(nowMs - fromMs) / 1000);
  if (seconds < 5) return 'just now';
  const [size, one, many] = UNITS.find(([size]) => seconds >= size) ?? [1, 's', 's'];
  const amount = Math.floor(seconds / size);
  const text = `${amount} ${amount === 1 ? one : many}`;
  return fromMs > nowMs ? `in ${text}` : `${text} ago`;
}
