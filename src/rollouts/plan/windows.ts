import { Cron } from 'croner';
import { AgentError, messageOf } from '../../core/errors.js';

/** A time span that comes again and again: it opens at each time of a cron pattern, for so many minutes. */
export interface Window {
  /** Five fields, minutes first. */
  readonly start: string;
  /** Elapsed time, also over a clock change: 1 to 10,080. */
  readonly durationMinutes: number;
}

/** One opening of the windows; those that overlap or follow one another without a gap are one. */
export interface Opening {
  readonly startMs: number;
  readonly endMs: number;
}

const MINUTE_MS = 60_000;
/** Openings that are joined at most: windows that follow one another for ever have no begin or end worth finding. */
const MAX_JOINED = 1000;

/** The windows of a roll-out in one time zone. */
export class Windows {
  readonly #patterns: readonly Pattern[];

  /**
   * @param timeZone an IANA name.
   * @throws AgentError InvalidArgument for a pattern that cannot be read or never comes, and for an unknown time zone.
   */
  constructor(windows: readonly Window[], timeZone: string) {
    const localTime = localClock(timeZone);
    this.#patterns = windows.map(
      ({ start, durationMinutes }, index) =>
        new Pattern(readCron(start, timeZone, `windows[${index}].start`), durationMinutes * MINUTE_MS, localTime),
    );
  }

  /** Without windows a roll-out may act at any time. */
  get isAlwaysOpen(): boolean {
    return this.#patterns.length === 0;
  }

  /** The opening that holds `atMs`; undefined while all windows are closed, and when there are none. */
  openAt(atMs: number): Opening | undefined {
    const opening = this.#widest(atMs);
    return opening && { startMs: this.#joinedStart(opening.startMs), endMs: this.#joinedEnd(opening.endMs) };
  }

  /** The first opening that begins after `afterMs`; undefined if none comes any more, and when there are no windows. */
  nextAfter(afterMs: number): Opening | undefined {
    const starts = this.#patterns.map((pattern) => pattern.startAfter(afterMs)).filter((start) => start !== undefined);
    return starts.length === 0 ? undefined : this.openAt(Math.min(...starts));
  }

  /** What the windows that are open at `atMs` cover by themselves. */
  #widest(atMs: number): Opening | undefined {
    const open = this.#patterns.map((pattern) => pattern.openAt(atMs)).filter((opening) => opening !== undefined);
    if (open.length === 0) return undefined;
    return {
      startMs: Math.min(...open.map(({ startMs }) => startMs)),
      endMs: Math.max(...open.map(({ endMs }) => endMs)),
    };
  }

  #joinedStart(startMs: number): number {
    let start = startMs;
    for (let joined = 0; joined < MAX_JOINED; joined += 1) {
      const before = this.#widest(start - 1)?.startMs ?? start;
      if (before === start) break;
      start = before;
    }
    return start;
  }

  #joinedEnd(endMs: number): number {
    let end = endMs;
    for (let joined = 0; joined < MAX_JOINED; joined += 1) {
      const after = this.#widest(end)?.endMs ?? end;
      if (after === end) break;
      end = after;
    }
    return end;
  }
}

/** The starts of one window. */
class Pattern {
  readonly #cron: Cron;
  readonly #durationMs: number;
  readonly #localTime: (atMs: number) => string;

  constructor(cron: Cron, durationMs: number, localTime: (atMs: number) => string) {
    this.#cron = cron;
    this.#durationMs = durationMs;
    this.#localTime = localTime;
  }

  startAfter(afterMs: number): number | undefined {
    let start = this.#cron.nextRun(new Date(afterMs));
    while (start && this.#isRepeated(start.getTime())) start = this.#cron.nextRun(start);
    return start?.getTime();
  }

  openAt(atMs: number): Opening | undefined {
    // The library looks for runs before its reference; a start at this very moment counts.
    let [start] = this.#cron.previousRuns(1, new Date(atMs + 1));
    while (start && this.#isRepeated(start.getTime())) [start] = this.#cron.previousRuns(1, start);
    const startMs = start?.getTime();
    if (startMs === undefined || startMs + this.#durationMs <= atMs) return undefined;
    return { startMs, endMs: startMs + this.#durationMs };
  }

  /** Whether the clock was put back since it showed this time before: such a start comes once, at the first. */
  #isRepeated(startMs: number): boolean {
    const shown = this.#localTime(startMs);
    return CLOCK_CHANGES_MINUTES.some((minutes) => this.#localTime(startMs - minutes * MINUTE_MS) === shown);
  }
}

/** By how much clocks are put back: an hour nearly everywhere, half an hour on Lord Howe Island, two in Antarctica. */
const CLOCK_CHANGES_MINUTES = [60, 30, 120];

/** Refused although the library takes them: nicknames and the moment's own value. */
const NOT_PORTABLE = /[@?]/;

function readCron(pattern: string, timezone: string, where: string): Cron {
  const fields = pattern.trim().split(/\s+/);
  if (fields.length !== 5 || NOT_PORTABLE.test(pattern) || pattern.length > MAX_PATTERN_LENGTH)
    throw invalid(`${where} must be a cron pattern of five fields (minute hour day month weekday)`);
  let cron;
  try {
    cron = new Cron(fields.join(' '), { paused: true, mode: '5-part', timezone });
  } catch (error) {
    throw invalid(`${where} is not a cron pattern: ${messageOf(error).slice(0, 160)}`);
  }
  if (!cron.nextRun()) throw invalid(`${where} is a date that never comes`);
  return cron;
}

const MAX_PATTERN_LENGTH = 200;

/** Shows the local time of a moment. @throws AgentError InvalidArgument for a zone that the time zone database lacks. */
function localClock(timeZone: string): (atMs: number) => string {
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'short', timeStyle: 'medium', hour12: false });
    return (atMs) => format.format(atMs);
  } catch {
    throw invalid(`timeZone ${JSON.stringify(timeZone.slice(0, 60))} is not an IANA time zone such as Europe/Berlin`);
  }
}

function invalid(problem: string): AgentError {
  return new AgentError('InvalidArgument', `Parameter ${problem}.`);
}
