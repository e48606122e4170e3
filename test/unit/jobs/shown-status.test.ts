import { describe, expect, it } from '@jest/globals';
import { shownStatus, withShownStatus } from '../../../src/jobs/shown-status.js';

const NOW = Date.UTC(2024, 5, 1, 12);
const at = (offsetMs: number): { startTime: Date } => ({ startTime: new Date(NOW + offsetMs) });

describe('the status of a job as it is shown', () => {
  it.each([
    ['queued', at(1), 'scheduled'],
    ['enqueued', at(60_000), 'scheduled'],
    ['Queued', at(60_000), 'scheduled'],
    ['queued', at(0), 'pending'],
    ['queued', at(-1), 'pending'],
    ['enqueued', at(-60_000), 'pending'],
    ['ENQUEUED', {}, 'pending'],
    ['queued', {}, 'pending'],
  ])('shows %s with %j as %s', (status, times, shown) => {
    expect(shownStatus({ status, ...times }, NOW)).toBe(shown);
  });

  it.each(['scheduled', 'pending', 'running', 'completed', 'failed', 'cancelled', 'canceled', 'unknown', 'paused', ''])(
    'shows %p unchanged, whatever the start time',
    (status) => {
      for (const times of [{}, at(-1), at(1)]) expect(shownStatus({ status, ...times }, NOW)).toBe(status);
    },
  );

  it('is undefined for a document without a status', () => {
    expect(shownStatus({ ...at(1) }, NOW)).toBeUndefined();
    expect(withShownStatus({ ...at(1) }, NOW)).toEqual(at(1));
  });

  it('replaces nothing else in a job, and does not change when it is applied again', () => {
    const job = { jobId: 'a', status: 'queued', counts: { deviceCount: 1 }, ...at(5) };
    const shown = withShownStatus(job, NOW);
    expect(shown).toEqual({ ...job, status: 'scheduled' });
    expect(withShownStatus(shown, NOW + 10)).toBe(shown);
  });
});
