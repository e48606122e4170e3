import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { listedJob } from '../../../../src/jobs/read-model/job-list.js';
import { type ListedPastJob, mergePast, type PastPositions } from '../../../../src/jobs/read-model/past-list.js';

const pastJob = (hub: string, atMs: number, id: number): ListedPastJob => ({
  listed: listedJob(hub, `j${id}`, { status: 'completed', counts: {} }, undefined),
  position: `${String(atMs).padStart(15, '0')}/j${id}`,
});

const drawnJobs = fc.array(fc.record({ hub: fc.constantFrom('a', 'b', 'c'), atMs: fc.nat(9), id: fc.nat(60) }), {
  maxLength: 40,
});

describe('the past jobs of several hubs', () => {
  it('come in the order of their ends, each once, whatever the pages of the hubs and of the list', () => {
    fc.assert(
      fc.property(drawnJobs, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 }), (drawn, limit, size) => {
        const jobs = [...new Map(drawn.map(({ hub, atMs, id }) => [`${hub}/${id}`, pastJob(hub, atMs, id)])).values()];
        const ofHub = (hub: string, after: string | undefined) => {
          const rest = jobs
            .filter(({ listed, position }) => listed.hub === hub && (after === undefined || position < after))
            .sort((a, b) => (a.position < b.position ? 1 : -1));
          return { hub, jobs: rest.slice(0, size), hasMore: rest.length > size };
        };
        const seen: string[] = [];
        let next: PastPositions | undefined = {};
        for (let pages = 0; next; pages += 1) {
          expect(pages).toBeLessThanOrEqual(jobs.length);
          const after: PastPositions = next;
          const page = mergePast(
            ['a', 'b', 'c'].map((hub) => ofHub(hub, after[hub])),
            after,
            limit,
          );
          expect(page.jobs.length).toBeLessThanOrEqual(limit);
          seen.push(...page.jobs.map(({ hub, jobId }) => `${hub}/${jobId}`));
          next = page.next;
        }
        const positions = new Map(jobs.map(({ listed, position }) => [`${listed.hub}/${listed.jobId}`, position]));
        expect([...seen].sort()).toEqual([...positions.keys()].sort());
        const order = seen.map((key) => positions.get(key) ?? '');
        expect(order).toEqual([...order].sort().reverse());
      }),
    );
  });
});
