import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type JobPosition, listedJob, pageOfJobs } from '../../../../src/jobs/read-model/job-list.js';

const listed = (hub: string, jobId: string, createdMs: number, more: object = {}) =>
  listedJob(hub, jobId, { jobId, createdTime: new Date(createdMs), status: 'running', counts: {}, ...more }, undefined);

describe('the jobs of several hubs', () => {
  it('are newest first, each once, in pages of any size', () => {
    const jobs = fc.array(fc.record({ hub: fc.constantFrom('a', 'b'), id: fc.nat(50), atMs: fc.nat(5) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 7 }), (drawn, limit) => {
        const unique = new Map(drawn.map(({ hub, id, atMs }) => [`${hub}/${id}`, listed(hub, `j${id}`, atMs)]));
        const seen: string[] = [];
        let position: JobPosition | undefined;
        do {
          const page = pageOfJobs(unique.values(), {}, { position, limit });
          expect(page.jobs.length).toBeLessThanOrEqual(limit);
          seen.push(...page.jobs.map(({ hub, jobId }) => `${hub}/${jobId.slice(1)}`));
          position = page.next;
        } while (position);
        expect([...seen].sort()).toEqual([...unique.keys()].sort());
        const times = seen.map((key) => unique.get(key)?.job.createdTime?.getTime() ?? 0);
        expect(times).toEqual([...times].sort((a, b) => b - a));
      }),
    );
  });

  it('go on at their place when newer ones have come', () => {
    const old = [listed('a', 'one', 1), listed('a', 'two', 2)];
    const { next } = pageOfJobs(old, {}, { position: undefined, limit: 1 });
    const { jobs } = pageOfJobs([...old, listed('a', 'three', 3)], {}, { position: next, limit: 5 });
    expect(jobs.map(({ jobId }) => jobId)).toEqual(['one']);
  });

  it('are found by id, method and condition in any case', () => {
    const jobs = [
      listed('a', 'Reboot-1', 1),
      listed('a', 'x', 2, { methodName: 'rebootNow' }),
      listed('a', 'y', 3, { queryCondition: "tags.x = 'REBOOT'", status: 'canceled' }),
      listed('a', 'z', 4),
    ];
    const ids = (filters: object) =>
      pageOfJobs(jobs, filters, { position: undefined, limit: 9 }).jobs.map(({ jobId }) => jobId);
    expect(ids({ text: 'reBOOT' })).toEqual(['y', 'x', 'Reboot-1']);
    expect(ids({ text: 'reboot', status: 'cancelled' })).toEqual(['y']);
    expect(ids({ outcome: 'cancelled' })).toEqual(['y']);
  });
});
