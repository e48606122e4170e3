import { describe, expect, it } from '@jest/globals';
import { type Opening, type Window, Windows } from '../../../../src/rollouts/plan/windows.js';

const at = (iso: string): number => Date.parse(iso);
const text = (opening: Opening | undefined): string | undefined =>
  opening && `${new Date(opening.startMs).toISOString()}/${new Date(opening.endMs).toISOString()}`;

/** Returns the next openings after a time. */
function openings(windows: readonly Window[], timeZone: string, after: string, count: number): (string | undefined)[] {
  const calendar = new Windows(windows, timeZone);
  const found: Opening[] = [];
  for (let afterMs = at(after); found.length < count;) {
    const next = calendar.nextAfter(afterMs);
    if (!next) break;
    found.push(next);
    afterMs = next.startMs;
  }
  return found.map(text);
}

describe('windows over clock changes', () => {
  it('begin at the first minute after an hour that a spring change skips', () => {
    const night = [{ start: '30 2 * * *', durationMinutes: 120 }];
    expect(openings(night, 'Europe/Berlin', '2027-03-26T12:00:00Z', 3)).toEqual([
      '2027-03-27T01:30:00.000Z/2027-03-27T03:30:00.000Z',
      '2027-03-28T01:00:00.000Z/2027-03-28T03:00:00.000Z',
      '2027-03-29T00:30:00.000Z/2027-03-29T02:30:00.000Z',
    ]);
    expect(openings(night, 'America/New_York', '2027-03-13T12:00:00Z', 2)).toEqual([
      '2027-03-14T07:00:00.000Z/2027-03-14T09:00:00.000Z',
      '2027-03-15T06:30:00.000Z/2027-03-15T08:30:00.000Z',
    ]);
  });

  it('begin once, at the first, in an hour that an autumn change repeats', () => {
    const night = [{ start: '*/30 2 * * *', durationMinutes: 10 }];
    expect(openings(night, 'Europe/Berlin', '2026-10-24T12:00:00Z', 3)).toEqual([
      '2026-10-25T00:00:00.000Z/2026-10-25T00:10:00.000Z',
      '2026-10-25T00:30:00.000Z/2026-10-25T00:40:00.000Z',
      '2026-10-26T01:00:00.000Z/2026-10-26T01:10:00.000Z',
    ]);
    expect(
      openings([{ start: '30 1 * * *', durationMinutes: 5 }], 'America/New_York', '2026-10-31T12:00:00Z', 2),
    ).toEqual([
      '2026-11-01T05:30:00.000Z/2026-11-01T05:35:00.000Z',
      '2026-11-02T06:30:00.000Z/2026-11-02T06:35:00.000Z',
    ]);
    expect(
      openings([{ start: '45 1 * * *', durationMinutes: 5 }], 'Australia/Lord_Howe', '2026-04-03T20:00:00Z', 2),
    ).toEqual([
      '2026-04-04T14:45:00.000Z/2026-04-04T14:50:00.000Z',
      '2026-04-05T15:15:00.000Z/2026-04-05T15:20:00.000Z',
    ]);
  });

  it('last their elapsed time over clock changes', () => {
    const long = new Windows([{ start: '0 1 * * *', durationMinutes: 180 }], 'Europe/Berlin');
    expect(text(long.openAt(at('2026-10-25T01:59:00Z')))).toBe('2026-10-24T23:00:00.000Z/2026-10-25T02:00:00.000Z');
    expect(long.openAt(at('2026-10-25T02:00:00Z'))).toBeUndefined();
  });

  it('follow a zone with half hours', () => {
    expect(
      openings([{ start: '30 9 * * MON-FRI', durationMinutes: 30 }], 'Asia/Kolkata', '2026-10-24T00:00:00Z', 1),
    ).toEqual(['2026-10-26T04:00:00.000Z/2026-10-26T04:30:00.000Z']);
  });
});

/** Days on which a clock changes, as UTC days that hold the whole change. */
const CHANGES: readonly (readonly [timeZone: string, day: string])[] = [
  ['Europe/Berlin', '2027-03-28'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2027-03-14'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-10-03'],
  ['Australia/Lord_Howe', '2027-04-03'],
  ['Asia/Kolkata', '2026-10-25'],
  ['America/St_Johns', '2026-11-01'],
];
const MINUTE_MS = 60_000;

/** Starts of `<minutes> <hours> * * *`, found by looking at what a clock shows in each minute of two days. */
function startsByTheClock(
  minutes: readonly number[],
  hours: readonly number[],
  timeZone: string,
  day: string,
): number[] {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  const shownAt = (ms: number): number => {
    const [, hour, minute] = /(\d+):(\d+)$/.exec(format.format(ms)) ?? [];
    return Number(hour) * 60 + Number(minute);
  };
  const isStart = (shown: number): boolean =>
    hours.includes(Math.floor(shown / 60) % 24) && minutes.includes(shown % 60);
  const starts: number[] = [];
  const seen = new Map<string, number>();
  for (
    let ms = at(`${day}T00:00:00Z`) - 3 * 60 * MINUTE_MS;
    ms < at(`${day}T00:00:00Z`) + 33 * 60 * MINUTE_MS;
    ms += MINUTE_MS
  ) {
    const shown = shownAt(ms);
    const skipped = (shown - shownAt(ms - MINUTE_MS) - 1 + 1440) % 1440;
    const inGap = skipped < 180 ? Array.from({ length: skipped }, (_, index) => shown - 1 - index) : [];
    const text = format.format(ms);
    if (!seen.has(text) && [shown, ...inGap].some(isStart)) starts.push(ms);
    seen.set(text, ms);
  }
  return starts.filter((ms) => ms >= at(`${day}T00:00:00Z`) && ms < at(`${day}T00:00:00Z`) + 30 * 60 * MINUTE_MS);
}

describe('the starts of windows', () => {
  it.each(CHANGES)('are those that a clock shows: %s, %s', (timeZone, day) => {
    const patterns = [
      [[0], [2]],
      [[30], [1]],
      [[15], [2]],
      [[45], [1]],
      [
        [0, 20, 40],
        [0, 1, 2, 3],
      ],
      [
        [5, 35],
        [1, 3],
      ],
      [[59], [0, 1, 2]],
    ] as const;
    for (const [minutes, hours] of patterns) {
      const start = `${minutes.join(',')} ${hours.join(',')} * * *`;
      const calendar = new Windows([{ start, durationMinutes: 1 }], timeZone);
      const found: Opening[] = [];
      const endMs = at(`${day}T00:00:00Z`) + 30 * 60 * MINUTE_MS;
      for (let next = calendar.nextAfter(at(`${day}T00:00:00Z`) - 1); next && next.startMs < endMs;) {
        found.push(next);
        next = calendar.nextAfter(next.startMs);
      }
      const expected: Opening[] = [];
      for (const startMs of startsByTheClock(minutes, hours, timeZone, day)) {
        const last = expected.at(-1)?.endMs === startMs ? expected.pop() : undefined;
        expected.push({ startMs: last?.startMs ?? startMs, endMs: startMs + MINUTE_MS });
      }
      expect([start, ...found.map(text)]).toEqual([start, ...expected.map(text)]);
      for (const opening of found) expect(calendar.openAt(opening.endMs - 1)).toEqual(opening);
    }
  });

  it('that fall into an opening are part of it, and not the next one', () => {
    const calendar = new Windows(
      [
        { start: '0 22 * * *', durationMinutes: 90 },
        { start: '29 23 * * *', durationMinutes: 1 },
      ],
      'UTC',
    );
    expect(text(calendar.nextAfter(at('2026-01-01T23:28:30Z')))).toBe(
      '2026-01-02T22:00:00.000Z/2026-01-02T23:30:00.000Z',
    );
  });
});

describe('windows', () => {
  it('are always open when there are none', () => {
    const none = new Windows([], 'UTC');
    expect(none.isAlwaysOpen).toBe(true);
    expect(none.nextAfter(0)).toBeUndefined();
  });

  it('are open from their start to before their end', () => {
    const windows = new Windows([{ start: '0 22 * * *', durationMinutes: 60 }], 'UTC');
    expect(windows.openAt(at('2026-01-01T21:59:59.999Z'))).toBeUndefined();
    expect(text(windows.openAt(at('2026-01-01T22:00:00Z')))).toBe('2026-01-01T22:00:00.000Z/2026-01-01T23:00:00.000Z');
    expect(windows.openAt(at('2026-01-01T22:59:59.999Z'))).toBeDefined();
    expect(windows.openAt(at('2026-01-01T23:00:00Z'))).toBeUndefined();
  });

  it('are one when they overlap or follow without a gap', () => {
    const windows = new Windows(
      [
        { start: '0 22 * * *', durationMinutes: 90 },
        { start: '0 23 * * *', durationMinutes: 60 },
        { start: '0 0 * * *', durationMinutes: 30 },
      ],
      'UTC',
    );
    const whole = '2026-01-01T22:00:00.000Z/2026-01-02T00:30:00.000Z';
    expect(text(windows.openAt(at('2026-01-01T22:15:00Z')))).toBe(whole);
    expect(text(windows.openAt(at('2026-01-02T00:15:00Z')))).toBe(whole);
  });

  it('join their openings once, however often they are asked about the same one', () => {
    const always = new Windows([{ start: '0 * * * *', durationMinutes: 60 }], 'UTC');
    const opening = always.openAt(at('2027-01-01T12:00:00Z'));
    expect(opening).toBeDefined();
    expect(always.openAt(at('2027-01-02T12:30:00Z'))).toBe(opening);
    expect(always.nextAfter(at('2027-01-01T12:30:00Z'))).toBe(opening);
    const later = always.openAt(opening?.endMs ?? 0);
    expect(later?.startMs).toBeLessThan(opening?.endMs ?? 0);
    expect(later?.endMs).toBeGreaterThan(opening?.endMs ?? Infinity);
  });

  it('are bounded if they never close', () => {
    const windows = new Windows([{ start: '* * * * *', durationMinutes: 10_080 }], 'UTC');
    const opening = windows.openAt(at('2026-01-05T00:00:00Z'));
    expect(opening && opening.endMs - at('2026-01-05T00:00:00Z')).toBeGreaterThan(7 * 86_400_000 - 1);
  });

  it.each([
    ['0 0 31 2 *', 'never occurs'],
    ['@daily', 'five fields'],
    ['0 0 * * * *', 'five fields'],
    ['? 0 * * *', 'five fields'],
    ['0 0 * *', 'five fields'],
    ['61 * * * *', 'is not a valid cron pattern'],
    ['x * * * *', 'is not a valid cron pattern'],
    [`${'1,'.repeat(200)}1 * * * *`, 'five fields'],
  ])('refuse the pattern %s', (start, problem) => {
    expect(() => new Windows([{ start, durationMinutes: 1 }], 'UTC')).toThrow(problem);
    const daily = { start: '0 0 * * *', durationMinutes: 1 };
    expect(() => new Windows([daily, { start, durationMinutes: 1 }], 'UTC')).toThrow('windows[1].start');
  });

  it.each(['0 0 L * *', '0 0 * * MON#2', '0 9-17/2 * JAN-MAR 1,3', '0 2 13 * 5'])('take the pattern %s', (start) => {
    expect(new Windows([{ start, durationMinutes: 1 }], 'UTC').nextAfter(0)).toBeDefined();
  });

  it('refuse an unknown time zone', () => {
    expect(() => new Windows([], 'Mars/Phobos')).toThrow('timeZone "Mars/Phobos"');
  });
});
