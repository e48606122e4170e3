import { AgentError } from '../../core/errors.js';
import { type CronPattern, readPattern } from './cron-pattern.js';
import { localClock } from './local-clock.js';

/** A recurring time span: it opens at each time of a cron pattern for a number of minutes. */
export interface Window {
  /** A cron pattern of five fields, minutes first. */
  readonly start: string;
  /** Elapsed time, also over a change of the clock: 1 to 10,080. */
  readonly durationMinutes: number;
}

/** One opening of the windows. Openings that overlap or follow one another without a gap are one. */
export interface Opening {
  readonly startMs: number;
  readonly endMs: number;
}

const MINUTE_MS = 60_000;
/** Maximum number of openings that are joined in each direction: windows that always follow one another have no end. */
const MAX_JOINED = 1000;

/** The windows of a roll-out in one time zone. */
export class Windows {
  readonly #patterns: readonly Pattern[];
  /** The last opening that was computed: joining many openings takes long, and most questions are about the same one. */
  #last: Opening | undefined;

  /**
   * @param timeZone an IANA name.
   * @throws AgentError `InvalidArgument` for a pattern that cannot be parsed or never occurs, and for an unknown time zone.
   */
  constructor(windows: readonly Window[], timeZone: string) {
    const clock = localClock(timeZone);
    if (clock === undefined) throw invalid(`timeZone ${unknownZone(timeZone)}`);
    this.#patterns = windows.map(({ start, durationMinutes }, index) => {
      const pattern = readPattern(start, timeZone, clock);
      if (typeof pattern === 'string') throw invalid(`windows[${index}].start ${pattern}`);
      return new Pattern(pattern, durationMinutes * MINUTE_MS);
    });
  }

  /** Whether there are no windows, so that hub jobs may begin at any time. */
  get isAlwaysOpen(): boolean {
    return this.#patterns.length === 0;
  }

  /** Returns the opening at `atMs`; undefined while all windows are closed, and if there are none. */
  openAt(atMs: number): Opening | undefined {
    const last = this.#last;
    if (last && last.startMs <= atMs && atMs < last.endMs) return last;
    const opening = this.#widest(atMs);
    this.#last = opening && { startMs: this.#joinedStart(opening.startMs), endMs: this.#joinedEnd(opening.endMs) };
    return this.#last;
  }

  /** Returns the first opening that begins after `afterMs`; undefined if there is none. */
  nextAfter(afterMs: number): Opening | undefined {
    const opening = this.#openingWithStartAfter(afterMs);
    // A window that opens during an opening is a part of it; one that never closes is itself the next.
    if (!opening || opening.startMs > afterMs || this.#widest(opening.endMs)) return opening;
    return this.#openingWithStartAfter(opening.endMs);
  }

  #openingWithStartAfter(afterMs: number): Opening | undefined {
    const starts = this.#patterns.map((pattern) => pattern.startAfter(afterMs)).filter((start) => start !== undefined);
    return starts.length === 0 ? undefined : this.openAt(Math.min(...starts));
  }

  /** The span of the windows that are open at `atMs`, without those that overlap them. */
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

/** The openings of one window. */
class Pattern {
  readonly #starts: CronPattern;
  readonly #durationMs: number;

  constructor(starts: CronPattern, durationMs: number) {
    this.#starts = starts;
    this.#durationMs = durationMs;
  }

  startAfter(afterMs: number): number | undefined {
    return this.#starts.after(afterMs);
  }

  openAt(atMs: number): Opening | undefined {
    const startMs = this.#starts.latest(atMs, this.#durationMs);
    return startMs + this.#durationMs <= atMs ? undefined : { startMs, endMs: startMs + this.#durationMs };
  }
}

/** Returns what is wrong with a time zone; undefined if it is known. */
export const problemWithTimeZone = (timeZone: string): string | undefined =>
  localClock(timeZone) ? undefined : unknownZone(timeZone);

const unknownZone = (timeZone: string): string =>
  `${JSON.stringify(timeZone.slice(0, 60))} is not an IANA time zone such as Europe/Berlin`;

function invalid(problem: string): AgentError {
  return new AgentError('InvalidArgument', `Parameter ${problem}.`);
}
