/** The largest distance from 1970 that a Date can hold. */
const MAX_TIME_MS = 8.64e15;

const ISO =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d)?)(?:[.,](?<fraction>\d{1,9}))?(?<zone>Z|[+-]\d\d:?\d\d)?)?$/i;

/** Epoch milliseconds as text: 13 digits, so that it cannot be mistaken for an ISO form. */
const EPOCH_MS = /^\d{13}$/;

/**
 * Parses ISO text, in UTC if it names no zone. Digits below the millisecond are dropped, since DATETIME has none.
 * @returns undefined for anything that is not a valid date and time (30 February, hour 25, plain words).
 */
export function parseDateTime(text: string): Date | undefined {
  if (EPOCH_MS.test(text)) return new Date(Number(text));
  const parts = ISO.exec(text)?.groups;
  if (!parts) return undefined;
  const { year = '', month = '', day = '', time = '00:00', fraction = '', zone = 'Z' } = parts;
  // Date.parse reads 30 February as 2 March.
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return undefined;
  const clock = time.length === 5 ? `${time}:00` : time;
  const zoned = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const ms = Date.parse(`${year}-${month}-${day}T${clock}.${fraction.slice(0, 3).padEnd(3, '0')}${zoned}`);
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

/** Returns a Date for whole epoch milliseconds; undefined for fractions and for times that no Date can hold. */
export function dateFromEpochMs(ms: number): Date | undefined {
  return Number.isInteger(ms) && Math.abs(ms) <= MAX_TIME_MS ? new Date(ms) : undefined;
}
