import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Course, type PlatformHistory, simulate } from '../../support/edge/session-simulation.js';

const PROMISED_MS = 5_000;
const RECENT_MS = 60_000;

const anyHistory: fc.Arbitrary<PlatformHistory> = fc.record({
  phasesMs: fc.array(fc.oneof(fc.integer({ min: 1, max: 12_000 }), fc.integer({ min: 1, max: 70_000 })), {
    minLength: 3,
    maxLength: 60,
  }),
  latencyMs: fc.integer({ min: 1, max: 400 }),
  draw: fc.oneof(fc.constant(1), fc.double({ min: 0.1, max: 1, noNaN: true })),
});

/** The recoveries of the platform after which binding took too long, with the time that it took. */
function brokenPromises({ bound, up }: Course): unknown[] {
  return up.filter(({ fromMs, untilMs }) => {
    const isRecent = bound.some((period) => period.fromMs < fromMs && period.untilMs >= fromMs - RECENT_MS);
    if (!isRecent || untilMs - fromMs < PROMISED_MS) return false;
    return !bound.some((period) => period.fromMs >= fromMs && period.fromMs <= fromMs + PROMISED_MS);
  });
}

describe('a platform that comes and goes', () => {
  it('has the Thing bound within 5 s of each return, if it was bound within the minute before', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        expect(brokenPromises(simulate(history))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it.each([1_000, 2_000, 3_000, 5_000, 8_000, 15_000, 29_000])(
    'and is killed after every %i ms is bound again within 5 s each time, an hour long',
    (upMs) => {
      const rounds = Math.ceil(3_600_000 / (upMs + 2_000));
      const phasesMs = Array.from({ length: rounds }, () => [upMs + PROMISED_MS, 2_000]).flat();
      const course = simulate({ phasesMs, latencyMs: 100, draw: 1 });
      expect(brokenPromises(course)).toEqual([]);
      expect(course.bound).toHaveLength(rounds);
    },
  );

  it('is tried at the ordinary interval once it has been unavailable for longer', () => {
    const lostMs = 1_000;
    const { dialledMs } = simulate({ phasesMs: [lostMs, 1_000_000], latencyMs: 10, draw: 1 });
    const gapsMs = dialledMs.slice(1).map((atMs, index) => ({ atMs, gapMs: atMs - (dialledMs[index] ?? 0) }));
    const recent = gapsMs.filter(({ atMs }) => atMs <= lostMs + RECENT_MS);
    const later = gapsMs.filter(({ atMs }) => atMs > lostMs + RECENT_MS + 10_000);
    expect(Math.max(...recent.map(({ gapMs }) => gapMs))).toBeLessThan(3_100);
    expect(Math.min(...later.map(({ gapMs }) => gapMs))).toBeGreaterThan(55_000);
  });
});
