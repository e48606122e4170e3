const MINUTE_MS = 60_000;
/** Changes are searched for week by week: in none of them is a clock set forward twice. */
const WEEK_MS = 7 * 1440 * MINUTE_MS;
const MAX_KNOWN_WEEKS = 1000;
/** By how much clocks are set back: an hour nearly everywhere, half an hour on Lord Howe Island, two hours at Troll station. */
const SET_BACK_MS = [60, 30, 120].map((minutes) => minutes * MINUTE_MS);

/** A moment at which a clock is set forward. Local times are epoch milliseconds of the same time in UTC. */
export interface SkippedTime {
  /** The first moment after it. */
  readonly atMs: number;
  /** The first local time that is skipped. */
  readonly fromLocalMs: number;
  /** The local time that is shown instead. */
  readonly toLocalMs: number;
}

/** What clocks show in a time zone, and when they are changed. */
export class LocalClock {
  readonly #format: Intl.DateTimeFormat;
  /** Weeks that have been searched, by their number. */
  readonly #weeks = new Map<number, SkippedTime | undefined>();

  /** @throws RangeError for an unknown time zone. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  }

  /** Whether the clock has shown the local time of this moment before, because it was set back in between. */
  isRepeated(atMs: number): boolean {
    const offsetMs = this.#offsetMs(atMs);
    return SET_BACK_MS.some((byMs) => this.#offsetMs(atMs - byMs) - offsetMs === byMs);
  }

  /** The times at which the clock is set forward, after `fromMs` and up to `toMs`, in order. */
  *skippedTimes(fromMs: number, toMs: number): Generator<SkippedTime> {
    for (let week = Math.floor(fromMs / WEEK_MS); week * WEEK_MS <= toMs; week += 1) {
      const skipped = this.#inWeek(week);
      if (skipped && skipped.atMs > fromMs && skipped.atMs <= toMs) yield skipped;
    }
  }

  #inWeek(week: number): SkippedTime | undefined {
    if (!this.#weeks.has(week)) {
      if (this.#weeks.size >= MAX_KNOWN_WEEKS) this.#weeks.clear();
      this.#weeks.set(week, this.#searchWeek(week));
    }
    return this.#weeks.get(week);
  }

  #searchWeek(week: number): SkippedTime | undefined {
    const startMs = week * WEEK_MS - MINUTE_MS;
    const endMs = startMs + WEEK_MS;
    const before = this.#offsetMs(startMs);
    const after = this.#offsetMs(endMs);
    if (after <= before) return undefined;
    const atMs = this.#changeBetween(startMs, endMs, after);
    return { atMs, fromLocalMs: atMs + before, toLocalMs: atMs + after };
  }

  /** The first whole minute at which the offset is `after`. */
  #changeBetween(startMs: number, endMs: number, after: number): number {
    let low = startMs / MINUTE_MS;
    let high = endMs / MINUTE_MS;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetMs(middle * MINUTE_MS) === after) high = middle;
      else low = middle;
    }
    return high * MINUTE_MS;
  }

  /** Milliseconds by which the clock is ahead of UTC. */
  #offsetMs(atMs: number): number {
    const [, sign = '+', hours = 0, minutes = 0] = /GMT([+-])(\d+):(\d+)/.exec(this.#format.format(atMs)) ?? [];
    const offsetMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
    return sign === '-' ? -offsetMs : offsetMs;
  }
}

/** The clock of a time zone; undefined for an unknown one. */
export function localClock(timeZone: string): LocalClock | undefined {
  try {
    return new LocalClock(timeZone);
  } catch {
    return undefined;
  }
}
