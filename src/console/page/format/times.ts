/** A point in time for the eye, and in UTC for comparison with logs. */
export interface TimeText {
  readonly local: string;
  readonly utc: string;
}

export interface TimeFormat {
  /** `2026-03-04 14:05:09` in the zone and in UTC; `null` for text that is no date. */
  readonly time: (iso: string) => TimeText | null;
  /** The time of day, for axes: `14:05`, or `14:05:09`. */
  readonly clock: (ms: number, hasSeconds: boolean) => string;
}

/** @param zone an IANA name; the zone of the browser by default. */
export function timesIn(zone?: string): TimeFormat {
  const local = isoFormatter(zone);
  const utc = isoFormatter('UTC');
  return {
    time: (iso) => {
      const ms = Date.parse(iso);
      return Number.isNaN(ms) ? null : { local: local(ms), utc: `${utc(ms)} UTC` };
    },
    clock: (ms, hasSeconds) => local(ms).slice(11, hasSeconds ? 19 : 16),
  };
}

function isoFormatter(timeZone: string | undefined): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-US', {
    ...(timeZone === undefined ? {} : { timeZone }),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const { year, month, day, hour, minute, second } = parts as Record<string, string>;
    return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  };
}

/** The zone of the browser, as Preact components use it. */
export const localTimes = timesIn();
