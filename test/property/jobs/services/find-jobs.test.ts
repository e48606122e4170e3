import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createJobServices } from '../../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../../src/jobs/environment.js';
import { callService } from '../../../support/jobs/callers.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';
import { ManualClock } from '../../../support/manual-clock.js';

const clock = new ManualClock();
const RAW = ['unknown', 'enqueued', 'running', 'completed', 'failed', 'cancelled', 'scheduled', 'queued'] as const;
const FILTERS = [
  'scheduled',
  'pending',
  'running',
  'completed',
  'failed',
  'cancelled',
  'queued',
  'enqueued',
  'unknown',
] as const;

interface HubJob {
  readonly status: (typeof RAW)[number];
  readonly startsInMs: number | undefined;
  readonly isTwinJob: boolean;
}

const job: fc.Arbitrary<HubJob> = fc.record({
  status: fc.constantFrom(...RAW),
  startsInMs: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
  isTwinJob: fc.boolean(),
});

/** Whether a job is listed, according to the contract. */
function isListed({ status, startsInMs = 0 }: HubJob, filter: (typeof FILTERS)[number]): boolean {
  if (filter === 'queued') return status === 'queued';
  const isWaiting = status === 'queued' || status === 'enqueued';
  const shown = isWaiting ? (startsInMs > 0 ? 'scheduled' : 'pending') : status;
  return shown === (filter === 'enqueued' ? 'pending' : filter);
}

describe('FindJobs', () => {
  it('lists the jobs that are shown with the status, each once, whatever the pages, up to maxItems', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(job, { maxLength: 40 }),
        fc.constantFrom(...FILTERS),
        fc.option(fc.boolean(), { nil: undefined }),
        fc.integer({ min: 1, max: 10 }),
        fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
        async (jobs, status, isTwinJob, pageSize, maxItems) => {
          const hub = new FakeHub();
          hub.maxPageSize = pageSize;
          for (const [index, { startsInMs, ...made }] of jobs.entries())
            hub.jobs.set(`j${index}`, {
              jobId: `j${index}`,
              type: made.isTwinJob ? 'scheduleUpdateTwin' : 'scheduleDeviceMethod',
              status: made.status,
              ...(startsInMs === undefined ? {} : { startTime: new Date(clock.nowMs() + startsInMs).toISOString() }),
            });
          const services = createJobServices(jobEnvironment({ hub: hub.port({ clock }), thing: 'Hub' }));
          const type =
            isTwinJob === undefined ? {} : { type: isTwinJob ? 'scheduleUpdateTwin' : 'scheduleDeviceMethod' };
          const parameters = { status, ...type, ...(maxItems === undefined ? {} : { maxItems }) };
          const rows = (await callService(services, 'FindJobs', parameters, { clock })) as { readonly jobId: string }[];
          const wanted = jobs.flatMap((made, index) =>
            isListed(made, status) && (isTwinJob ?? made.isTwinJob) === made.isTwinJob ? [`j${index}`] : [],
          );
          const found = rows.map(({ jobId }) => jobId);
          expect(new Set(found).size).toBe(found.length);
          expect(found).toHaveLength(Math.min(wanted.length, maxItems ?? Infinity));
          expect(wanted).toEqual(expect.arrayContaining(found));
        },
      ),
      { numRuns: 300 },
    );
  });
});
