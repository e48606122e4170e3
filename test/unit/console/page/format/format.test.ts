import { describe, expect, it } from '@jest/globals';
import { formatDistance, formatDuration } from '../../../../../src/console/page/format/durations.js';
import { devicesHref, jobHref, prefilledValues, serviceHref } from '../../../../../src/console/page/format/links.js';
import { counted, formatNumber, percentText } from '../../../../../src/console/page/format/numbers.js';
import { consequenceOf } from '../../../../../src/console/page/format/rollout-words.js';
import { plainText } from '../../../../../src/console/page/format/plain-text.js';
import {
  jobSegments,
  segmentsText,
  toneOf,
  wordsOf,
  wordsOfName,
} from '../../../../../src/console/page/format/states.js';
import { rollout, rolloutDetails } from '../../../../support/console/fake-fleet.js';
import { timesIn } from '../../../../../src/console/page/format/times.js';

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [100, '1 min 40 s'],
    [3605, '1 h'],
    [93_600, '1 day 2 h'],
    [604_800, '7 days'],
    [-5, '0 s'],
  ])('writes %d s in its two largest units', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([
    [1000, 'just now'],
    [40_000, '40 s ago'],
    [7_300_000, '2 h ago'],
    [-172_800_000, 'in 2 days'],
  ])('writes a distance of %d ms in one unit', (ageMs, text) => {
    expect(formatDistance(1e12 - ageMs, 1e12)).toBe(text);
  });
});

describe('times', () => {
  it('writes a point in time in a zone and in UTC', () => {
    const { time, clock } = timesIn('America/New_York');
    expect(time('2026-07-01T00:05:09Z')).toEqual({ local: '2026-06-30 20:05:09', utc: '2026-07-01 00:05:09 UTC' });
    const ms = Date.parse('2026-01-01T00:05:09Z');
    expect([clock(ms, false), clock(ms, true)]).toEqual(['19:05', '19:05:09']);
  });

  it('returns null for text that is no date', () => {
    expect(timesIn('UTC').time('yesterday')).toBeNull();
  });
});

describe('numbers', () => {
  it('separates thousands', () => {
    expect(formatNumber(1_234_567)).toBe('1,234,567');
    expect([counted(1, 'device'), counted(2000, 'device'), counted(2, 'entry', 'entries')]).toEqual([
      '1 device',
      '2,000 devices',
      '2 entries',
    ]);
  });

  it('never shows a share as nothing or all that is neither', () => {
    const shares = [0, 1, 500, 1999, 2000].map((part) => percentText(part, 2000));
    expect(shares).toEqual(['0 %', '< 1 %', '25 %', '> 99 %', '100 %']);
    expect(percentText(0, 0)).toBe('');
  });
});

describe('states', () => {
  it('writes states and names of parameters as words', () => {
    expect(['completedWithErrors', 'Connected', 'noTargets', 'running', 'a new word'].map(wordsOf)).toEqual([
      'completed with errors',
      'connected',
      'no devices',
      'running',
      'a new word',
    ]);
    expect(wordsOfName('connectTimeoutInSeconds')).toBe('Connect timeout in seconds');
  });

  it('shows a state that it does not know in the colour of those that have not begun', () => {
    expect(toneOf('hibernating')).toBe('pending');
  });

  it('takes devices that refused out of those that the hub counts as succeeded', () => {
    const segments = jobSegments({ deviceCount: 10, succeededCount: 7, refusedCount: 2, failedCount: 1 });
    expect(segmentsText(segments)).toBe('5 succeeded, 2 refused, 1 failed, 2 pending');
  });
});

describe('links', () => {
  it.each(['a#b', 'a?b', 'a%25b', "a'b", 'a/b', '<img src=x>'])('survives the characters of %s', (id) => {
    const { pathname } = new URL(jobHref('my hub', id), 'http://agent');
    expect(pathname.split('/').slice(2).map(decodeURIComponent)).toEqual(['my hub', id]);
    expect(new URL(devicesHref('hub', { device: id }), 'http://agent').searchParams.get('device')).toBe(id);
  });

  it('carries the texts of a form, and leaves out empty ones', () => {
    const href = serviceHref('Thing', 'Schedule', { methodName: 'a&b=c', payload: '' });
    const query = Object.fromEntries(new URL(href, 'http://agent').searchParams);
    expect(prefilledValues(query)).toEqual({ methodName: 'a&b=c' });
  });
});

describe('plain text', () => {
  it('keeps texts, and writes everything with parts as JSON', () => {
    expect([undefined, null, 'text', 0, false, { a: [1] }].map(plainText)).toEqual([
      '',
      '',
      'text',
      '0',
      'false',
      '{"a":[1]}',
    ]);
  });
});

describe('the actions on a roll-out', () => {
  it('name what becomes of devices, or of runs where it is recurring', () => {
    const running = rolloutDetails(rollout('r'));
    const recurring = rolloutDetails(rollout('r', { state: 'recurring' }));
    expect(consequenceOf('CancelRollout', running)).toContain('1,152 devices that it has not reached');
    expect(consequenceOf('CancelRollout', recurring)).toContain('No more runs start');
    for (const action of ['PauseRollout', 'ResumeRollout', 'CancelRollout', 'DeleteRollout'] as const)
      expect(consequenceOf(action, recurring)).not.toMatch(/device/);
  });
});
