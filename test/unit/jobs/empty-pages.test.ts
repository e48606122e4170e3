import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Service } from '../../../src/edge/definitions.js';
import type { HubDocument, HubPage, PageRequest } from '../../../src/iothub/ports.js';
import { createJobServices } from '../../../src/jobs/services/services.js';
import { MAX_EMPTY_PAGES } from '../../../src/jobs/empty-pages.js';
import { jobEnvironment } from '../../../src/jobs/environment.js';
import { callService, failureOf } from '../../support/jobs/callers.js';
import { FakeHub } from '../../support/jobs/fake-hub.js';

const query = 'SELECT * FROM devices.jobs';
const METHOD_JOB = { jobId: 'j', type: 'scheduleDeviceMethod', status: 'completed' };

let hub: FakeHub;
let services: Service[];
let asked: number;

beforeEach(() => {
  hub = new FakeHub();
  asked = 0;
  serve({ maxDevicesPerJob: 10 });
});

function serve(guards: object, maxMessageBytes = 1024 * 1024): void {
  const messageLimits = { maxMessageBytes, maxFrameBytes: 1024 };
  services = createJobServices(jobEnvironment({ hub: hub.port(), thing: 'Hub', guards, messageLimits }));
}

/** Pages with these numbers of rows, followed by an endless series of empty ones unless `ends`. */
function answerPages(sizes: readonly number[], ends: boolean): void {
  const page = (_context: unknown, { continuationToken }: PageRequest): Promise<HubPage> => {
    asked += 1;
    const index = Number(continuationToken ?? 0);
    const items = Array.from({ length: sizes[index] ?? 0 }, (_unused, row): HubDocument => ({
      jobId: `${index}-${row}`,
      deviceId: 'd',
    }));
    const isLast = ends && index >= sizes.length - 1;
    return Promise.resolve({ items, ...(isLast ? {} : { continuationToken: String(index + 1) }) });
  };
  hub.operations.query = page;
  hub.operations.listJobs = page;
}

const call = (name: string, parameters: object = {}): Promise<unknown> =>
  callService(services, name, { ...parameters });

describe('endless empty pages', () => {
  beforeEach(() => answerPages([], false));

  it.each([
    ['QueryJobResults', { query }],
    ['QueryJobResultsPage', { query }],
    ['FindJobs', {}],
    ['FindJobs', { status: 'pending' }],
    ['PreviewTargets', {}],
    ['ScheduleDeviceMethodJob', { methodName: 'm' }],
  ])('make %s %j fail with an error about them', async (name, parameters) => {
    const failure = await failureOf(call(name, parameters));
    expect(failure.code).toBe('HubUnavailable');
    expect(failure.reason).toContain(`${MAX_EMPTY_PAGES} empty pages in a row`);
    expect(asked).toBeLessThanOrEqual(3 * MAX_EMPTY_PAGES);
  });

  it('leave the count of refusals empty and do not make GetJob fail', async () => {
    hub.jobs.set('j', METHOD_JOB);
    const [row] = (await call('GetJob', { jobId: 'j' })) as HubDocument[];
    expect(row).toMatchObject({ outcome: 'completed' });
    expect(row).not.toHaveProperty('refusedCount');
    expect(asked).toBe(MAX_EMPTY_PAGES);
  });
});

it('a page of results that has rows is returned with a token for the rest', async () => {
  answerPages([3, 0, 0], false);
  const first = (await call('QueryJobResultsPage', { query })) as { rows: unknown[]; continuationToken: string };
  expect(first.rows).toHaveLength(3);
  expect(first.continuationToken).toEqual(expect.any(String));
  expect(asked).toBeLessThanOrEqual(MAX_EMPTY_PAGES + 1);
  const failure = await failureOf(call('QueryJobResultsPage', { query, continuationToken: first.continuationToken }));
  expect(failure.code).toBe('HubUnavailable');
});

it('turn a count into "more than"', async () => {
  serve({}, 8192);
  answerPages([200], false);
  const failure = await failureOf(call('QueryJobResults', { query }));
  expect(failure.reason).toMatch(/^ResultTooLarge: The result has more than 200 rows/);
  expect(asked).toBe(1 + MAX_EMPTY_PAGES);
});

it('end a count whose pages have rows without a number, too', async () => {
  hub.operations.query = (_context, { continuationToken }) => {
    asked += 1;
    return Promise.resolve({ items: [{}], continuationToken: String(Number(continuationToken ?? 0) + 1) });
  };
  expect((await failureOf(call('ScheduleDeviceMethodJob', { methodName: 'm' }))).code).toBe('HubUnavailable');
  expect(asked).toBe(MAX_EMPTY_PAGES);
});

describe('empty pages between rows', () => {
  const gap = Array.from({ length: MAX_EMPTY_PAGES - 1 }, () => 0);

  it.each([
    ['QueryJobResults', { query }],
    ['FindJobs', {}],
  ])('hide nothing from %s', async (name, parameters) => {
    answerPages([...gap, 2, ...gap, 1, ...gap], true);
    await expect(call(name, parameters)).resolves.toHaveLength(3);
  });

  it('hide no rows from the paging service', async () => {
    answerPages([...gap, 2, ...gap, 1, ...gap], true);
    await expect(call('QueryJobResultsPage', { query })).resolves.toMatchObject({
      rows: [{}, {}, {}],
      continuationToken: null,
    });
  });
});
