import { Cron } from 'croner';
import { messageOf } from '../../core/errors.js';
import { type LocalClock, localClock } from './local-clock.js';

/** Syntax that only this library accepts: nicknames such as `@daily`, and `?` for the current value. */
const NOT_PORTABLE = /[@?]/;

const MAX_PATTERN_LENGTH = 200;
const CRON_OPTIONS = { paused: true, mode: '5-part' } as const;

/** The times of a cron pattern of five fields, minutes first, in a time zone whose clocks may be changed. */
export class CronPattern {
  readonly #cron: Cron;
  /** The same pattern on a clock that is never changed. */
  readonly #unchanged: Cron;
  readonly #clock: LocalClock;

  constructor(cron: Cron, clock: LocalClock) {
    this.#cron = cron;
    this.#unchanged = new Cron(cron.getPattern() ?? '', { ...CRON_OPTIONS, timezone: 'UTC' });
    this.#clock = clock;
  }

  /** Returns the first time after `afterMs`; undefined if there is none. A time that the clock repeats counts once. */
  after(afterMs: number): number | undefined {
    let start = this.#cron.nextRun(new Date(afterMs));
    while (start && this.#clock.isRepeated(start.getTime())) start = this.#cron.nextRun(start);
    const startMs = start?.getTime();
    return startMs === undefined ? undefined : (this.#skippedStarts(afterMs, startMs).next().value ?? startMs);
  }

  /** Returns the last time that is not after `atMs` and no more than `withinMs` before it; an earlier one otherwise. */
  latest(atMs: number, withinMs: number): number {
    // The library searches for runs before its reference, and a start at `atMs` itself counts.
    let [start] = this.#cron.previousRuns(1, new Date(atMs + 1));
    while (start && this.#clock.isRepeated(start.getTime())) [start] = this.#cron.previousRuns(1, start);
    return Math.max(start?.getTime() ?? -Infinity, ...this.#skippedStarts(atMs - withinMs, atMs));
  }

  /**
   * Starts whose local time the clock skips: they come at the first minute after it. The library does that only for
   * patterns with one hour and one minute.
   */
  *#skippedStarts(afterMs: number, toMs: number): Generator<number, undefined> {
    for (const { atMs, fromLocalMs, toLocalMs } of this.#clock.skippedTimes(afterMs, toMs)) {
      const start = this.#unchanged.nextRun(new Date(fromLocalMs - 1));
      if (start && start.getTime() < toLocalMs) yield atMs;
    }
    return undefined;
  }
}

/** Reads a pattern in a time zone that is known; returns what is wrong with it otherwise. */
export function readPattern(pattern: string, timeZone: string, clock = localClock(timeZone)): CronPattern | string {
  const cron = readCron(pattern, timeZone);
  if (typeof cron === 'string') return cron;
  return clock ? new CronPattern(cron, clock) : 'has no known time zone';
}

/** Returns the pattern, or what is wrong with it. */
function readCron(pattern: string, timezone: string): Cron | string {
  const fields = pattern.trim().split(/\s+/);
  if (fields.length !== 5 || NOT_PORTABLE.test(pattern) || pattern.length > MAX_PATTERN_LENGTH)
    return 'must be a cron pattern of five fields (minute hour day month weekday)';
  try {
    const cron = new Cron(fields.join(' '), { ...CRON_OPTIONS, timezone });
    return cron.nextRun() ? cron : 'never occurs';
  } catch (error) {
    const detail = messageOf(error)
      .replace(/^Cron\w*: /, '')
      .replace(/\.+$/, '');
    return `is not a valid cron pattern: ${detail.slice(0, 160)}`;
  }
}

/** Returns what is wrong with a pattern in a known time zone; undefined if nothing is. */
export function problemWithPattern(pattern: string, timeZone: string): string | undefined {
  const cron = readCron(pattern, timeZone);
  return typeof cron === 'string' ? cron : undefined;
}
