/** Calendar arithmetic in UTC. Runs inside the realm of a script (see realm.ts). */

/** Returns the epoch milliseconds of date fields. Rejects 30 February and hour 25, which Date.UTC would carry over. */
function utcOf(name: string, fields: readonly (number | undefined)[]): number {
  const date = new Date(0);
  date.setUTCFullYear(fields[0] ?? 1970, fields[1], fields[2]);
  date.setUTCHours(fields[3] ?? 0, fields[4], fields[5], fields[6]);
  const isSame =
    date.getUTCMonth() === fields[1] &&
    date.getUTCDate() === fields[2] &&
    date.getUTCHours() === fields[3] &&
    date.getUTCMinutes() === fields[4] &&
    date.getUTCSeconds() === fields[5];
  if (!isSame) throw new Error(`${name}: there is no such date or time`);
  return date.getTime();
}

function dayOfYear(date: Date): number {
  const start = new Date(date.getTime());
  start.setUTCMonth(0, 1);
  return Math.round((date.getTime() - start.getTime()) / 86_400_000) + 1;
}

export const CALENDAR_FUNCTIONS = [utcOf, dayOfYear];
export type { dayOfYear, utcOf };
