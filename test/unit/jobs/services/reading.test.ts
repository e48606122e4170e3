import { beforeEach, describe, expect, test } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import type { Service } from '../../../../src/edge/definitions.js';
import { createJobServices } from '../../../../src/jobs/services/services.js';
import { jobEnvironment, type JobEnvironmentOptions } from '../../../../src/jobs/environment.js';
import { callService, failureOf } from '../../../support/jobs/callers.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';

let hub: FakeHub;
let services: Service[];

function serve(options: Partial<JobEnvironmentOptions> = {}): void {
  services = createJobServices(jobEnvironment({ hub: hub.port(), thing: 'Hub', ...options }));
}

beforeEach(() => {
  hub = new FakeHub();
  serve();
});

const call = (name: string, parameters: Record<string, unknown> = {}): Promise<unknown> =>
  callService(services, name, parameters);

const counts = (deviceCount: number, succeededCount: number, failedCount: number): Record<string, unknown> => ({
  deviceJobStatistics: { deviceCount, succeededCount, failedCount, runningCount: 0, pendingCount: 0 },
});
const answers = (...statuses: number[]): Record<string, unknown>[] =>
  statuses.map((status, index) => ({
    deviceId: `d${index}`,
    jobId: 'j',
    jobType: 'scheduleDeviceMethod',
    status: 'completed',
    outcome: { deviceMethodResponse: { status, payload: { n: index } } },
  }));

describe('the outcome of a job', () => {
  const method = { type: 'scheduleDeviceMethod', status: 'completed' };
  const twin = { type: 'scheduleUpdateTwin', status: 'completed' };
  const CASES: [string, Record<string, unknown>, number[], string, number | undefined][] = [
    ...['queued', 'enqueued', 'scheduled', 'pending', 'running', 'Running'].map(
      (status): [string, Record<string, unknown>, number[], string, undefined] => [
        status,
        { ...method, status },
        [],
        'inProgress',
        undefined,
      ],
    ),
    ['failed', { ...method, status: 'failed' }, [], 'failed', undefined],
    ['cancelled', { ...method, status: 'cancelled' }, [], 'cancelled', undefined],
    ['canceled', { ...method, status: 'canceled' }, [], 'cancelled', undefined],
    ['a status nobody knows', { ...method, status: 'thinking' }, [], 'unknown', undefined],
    ['no status', { type: 'scheduleDeviceMethod' }, [], 'unknown', undefined],
    ['all answered well', { ...method, ...counts(2, 2, 0) }, [200, 399], 'succeeded', 0],
    ['one answered with 400', { ...method, ...counts(2, 2, 0) }, [200, 400], 'completedWithErrors', 1],
    ['all answered with 500', { ...method, ...counts(2, 2, 0) }, [500, 500], 'completedWithErrors', 2],
    ['one was offline', { ...method, ...counts(2, 1, 1) }, [200], 'completedWithErrors', 0],
    ['nobody could be reached', { ...method, ...counts(2, 0, 2) }, [], 'completedWithErrors', 0],
    ['nobody was meant', { ...method, ...counts(0, 0, 0) }, [], 'noTargets', 0],
    ['twins updated', { ...twin, ...counts(2, 2, 0) }, [], 'succeeded', undefined],
    ['a twin not updated', { ...twin, ...counts(2, 1, 1) }, [], 'completedWithErrors', undefined],
    ['no twins meant', { ...twin, ...counts(0, 0, 0) }, [], 'noTargets', undefined],
    ['twins without counts', twin, [], 'completed', undefined],
    ['too many answers to read', { ...method, ...counts(1001, 1001, 0) }, [500], 'completed', undefined],
  ];
  test.each(CASES)('%s', async (_what, document, statuses, outcome, refusedCount) => {
    hub.jobs.set('j', { jobId: 'j', ...document });
    hub.results = answers(...statuses);
    const [row] = (await call('GetJob', { jobId: 'j' })) as Record<string, unknown>[];
    expect(row).toMatchObject({ jobId: 'j', outcome });
    expect(row?.['refusedCount']).toBe(refusedCount);
  });

  test('responses are read once and remembered, also for FindJobs', async () => {
    hub.jobs.set('j', { jobId: 'j', ...method, ...counts(2, 2, 0) });
    hub.results = answers(200, 500);
    await expect(call('FindJobs')).resolves.toMatchObject([{ outcome: 'completed' }]);
    expect(hub.count('query')).toBe(0);
    await call('GetJob', { jobId: 'j' });
    await call('GetJob', { jobId: 'j' });
    expect(hub.count('query')).toBe(1);
    await expect(call('FindJobs')).resolves.toMatchObject([{ outcome: 'completedWithErrors', refusedCount: 1 }]);
  });

  test('concurrent calls read them once', async () => {
    hub.jobs.set('j', { jobId: 'j', ...method, ...counts(2, 2, 0) });
    hub.results = answers(200, 500);
    const rows = await Promise.all([call('GetJob', { jobId: 'j' }), call('GetJob', { jobId: 'j' })]);
    expect(rows).toMatchObject([[{ refusedCount: 1 }], [{ refusedCount: 1 }]]);
    expect(hub.count('query')).toBe(1);
  });

  test('responses that cannot be read leave the count empty and never fail the call', async () => {
    hub.jobs.set('j', { jobId: 'j', ...method, ...counts(2, 2, 0) });
    hub.fail = (operation) => (operation === 'query' ? new AgentError('HubThrottled', 'not now') : undefined);
    const [row] = (await call('GetJob', { jobId: 'j' })) as Record<string, unknown>[];
    expect(row).toMatchObject({ outcome: 'completed' });
    expect(row).not.toHaveProperty('refusedCount');
  });
});

test('a complete job document becomes a row', async () => {
  hub.jobs.set('j', {
    jobId: 'j',
    queryCondition: '*',
    createdTime: '2026-01-06T21:44:00.8884134Z',
    startTime: '2026-01-06T21:44:01Z',
    endTime: 'nonsense',
    maxExecutionTimeInSeconds: 300,
    type: 'scheduleDeviceMethod',
    cloudToDeviceMethod: { methodName: 'm', payload: 0, responseTimeoutInSeconds: 30 },
    status: 'running',
    statusMessage: 'busy',
    etag: 'ignored',
    ...counts(3, 1, 0),
  });
  await expect(call('GetJob', { jobId: 'j' })).resolves.toEqual([
    {
      jobId: 'j',
      type: 'scheduleDeviceMethod',
      status: 'running',
      outcome: 'inProgress',
      queryCondition: '*',
      createdTime: new Date('2026-01-06T21:44:00.888Z'),
      startTime: new Date('2026-01-06T21:44:01Z'),
      maxExecutionTimeInSeconds: 300,
      deviceCount: 3,
      succeededCount: 1,
      failedCount: 0,
      runningCount: 0,
      pendingCount: 0,
      methodName: 'm',
      payload: { value: 0 },
      statusMessage: 'busy',
    },
  ]);
});

describe('FindJobs', () => {
  test.each([
    [{ type: 'SCHEDULEUPDATETWIN' }, { type: 'scheduleUpdateTwin' }],
    [{ status: 'Canceled' }, { status: 'cancelled' }],
    [{ type: '', status: '' }, {}],
    [
      { type: 'scheduleDeviceMethod', status: 'RUNNING' },
      { type: 'scheduleDeviceMethod', status: 'running' },
    ],
  ])('%j requests %j', async (parameters, filters) => {
    await call('FindJobs', parameters);
    expect(hub.calls[0]?.request).toEqual({ ...filters, pageSize: 1000 });
  });

  test.each([{ type: 'export' }, { status: 'finished' }, { maxItems: 0 }])('%j is refused', async (parameters) => {
    const failure = await failureOf(call('FindJobs', parameters));
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.reason).toContain(Object.keys(parameters)[0]);
  });
});

describe('QueryJobResults', () => {
  const query = 'SELECT * FROM devices.jobs';

  test('a row has exactly the fields of its shape', async () => {
    hub.results = [
      {
        ...answers(200)[0],
        startTimeUtc: '2026-01-01T00:00:00Z',
        createdDateTimeUtc: '2026-01-01T00:00:01Z',
        extra: 1,
      },
      { deviceId: 'off', jobId: 'j', status: 'failed', error: { code: 'DeviceNotOnline', description: 'Timed out' } },
    ];
    await expect(call('QueryJobResults', { query })).resolves.toEqual([
      {
        deviceId: 'd0',
        jobId: 'j',
        type: 'scheduleDeviceMethod',
        status: 'completed',
        createdTime: new Date('2026-01-01T00:00:01Z'),
        startTime: new Date('2026-01-01T00:00:00Z'),
        methodStatus: 200,
        methodPayload: { n: 0 },
        outcome: { deviceMethodResponse: { status: 200, payload: { n: 0 } } },
      },
      {
        deviceId: 'off',
        jobId: 'j',
        status: 'failed',
        errorCode: 'DeviceNotOnline',
        errorDescription: 'Timed out',
        error: { code: 'DeviceNotOnline', description: 'Timed out' },
      },
    ]);
  });

  test.each([
    ['', /query/],
    ['SELECT deviceId FROM devices.jobs', /query/],
    ['SELECT COUNT() AS n FROM devices.jobs', /query/],
    ['SELECT * FROM devices', /devices\.jobs/],
    ['SELECT * FROM devices.jobs WHERE', /query.*line 1/i],
    [`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${'x'.repeat(8192)}'`, /8192/],
    ['DELETE FROM devices.jobs', /query/],
  ])('the query %.60j is refused with a reason', async (text, reason) => {
    const failure = await failureOf(call('QueryJobResults', { query: text }));
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.reason).toMatch(reason);
    expect(hub.calls).toEqual([]);
  });

  test('returns an empty table for a job that has reached no device', async () => {
    await expect(call('QueryJobResults', { query })).resolves.toEqual([]);
  });

  test('throws ResultTooLarge, with the count and the paging service, for a result that does not fit', async () => {
    hub.results = manyRows(20_000);
    const failure = await failureOf(call('QueryJobResults', { query }));
    expect(failure.code).toBe('ResultTooLarge');
    expect(failure.reason).toMatch(/20000 rows.*QueryJobResultsPage/);
    expect(failure.reason).not.toContain('more than');
  });

  test('reports "more than" if the budget ends the count', async () => {
    serve({ hub: hub.port({ tier: 'S1' }) });
    hub.results = manyRows(200_000);
    const failure = await failureOf(call('QueryJobResults', { query }));
    expect(failure.code).toBe('ResultTooLarge');
    expect(failure.reason).toMatch(/more than \d+000 rows/);
  });

  test('maxItems limits the reported count', async () => {
    hub.results = manyRows(20_000);
    const failure = await failureOf(call('QueryJobResults', { query, maxItems: 15_500 }));
    expect(failure.reason).toContain('15500 rows');
  });
});

describe('QueryJobResultsPage', () => {
  const query = 'SELECT * FROM devices.jobs';
  interface Page {
    readonly rows: Record<string, unknown>[];
    readonly continuationToken: string | null;
  }
  const page = (parameters: Record<string, unknown> = {}): Promise<Page> =>
    call('QueryJobResultsPage', { query, ...parameters }) as Promise<Page>;

  async function walk(maxItems?: number): Promise<Page[]> {
    const pages: Page[] = [];
    let token: string | null = '';
    while (token !== null) {
      pages.push(await page({ continuationToken: token, ...(maxItems === undefined ? {} : { maxItems }) }));
      token = pages.at(-1)?.continuationToken ?? null;
    }
    return pages;
  }

  test('rows are objects with every field of the shape, dates as ISO text', async () => {
    hub.results = [{ deviceId: 'd', startTimeUtc: '2026-01-01T00:00:00Z' }];
    await expect(page()).resolves.toEqual({
      continuationToken: null,
      rows: [
        {
          deviceId: 'd',
          moduleId: null,
          jobId: null,
          type: null,
          status: null,
          createdTime: null,
          startTime: '2026-01-01T00:00:00.000Z',
          endTime: null,
          lastUpdatedTime: null,
          methodStatus: null,
          methodPayload: null,
          errorCode: null,
          errorDescription: null,
          outcome: null,
          error: null,
        },
      ],
    });
  });

  test.each([1, 7, 100, 1000])('pages of %d rows return all rows, each once', async (maxItems) => {
    hub.results = manyRows(maxItems * 3 + 1);
    hub.maxPageSize = 100;
    const pages = await walk(maxItems);
    expect(pages.map(({ rows }) => rows.length)).toEqual([maxItems, maxItems, maxItems, 1]);
    expect(pages.flatMap(({ rows }) => rows.map((row) => row['deviceId']))).toEqual(
      hub.results.map((row) => row['deviceId']),
    );
  });

  test('returns fewer rows if they would not fit into a message', async () => {
    hub.results = Array.from({ length: 100 }, (_unused, index) => ({
      deviceId: `d${index}`,
      error: 'x'.repeat(50_000),
    }));
    const pages = await walk();
    expect(pages.length).toBeGreaterThan(4);
    for (const { rows } of pages) {
      expect(rows.length).toBeGreaterThan(0);
      expect(Buffer.byteLength(JSON.stringify(rows))).toBeLessThan(1024 * 1024);
    }
    expect(pages.flatMap(({ rows }) => rows.map((row) => row['deviceId']))).toEqual(
      hub.results.map((row) => row['deviceId']),
    );
  });

  test('works with the smallest message limit, whatever the size of the row', async () => {
    serve({ messageLimits: { maxMessageBytes: 65_536, maxFrameBytes: 1024 } });
    hub.results = manyRows(700);
    const pages = await walk();
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flatMap(({ rows }) => rows)).toHaveLength(700);
    for (const body of pages) expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(62_000);
  });

  test('throws ResultTooLarge for a row that does not fit into any message', async () => {
    hub.results = [{ deviceId: 'd', error: 'x'.repeat(1024 * 1024) }];
    expect((await failureOf(page())).code).toBe('ResultTooLarge');
  });

  test.each([
    { maxItems: 0 },
    { maxItems: 1001 },
    { continuationToken: 'nonsense' },
    { continuationToken: 'eyJhIjoxfQ' },
  ])('%j is refused', async (parameters) => {
    const failure = await failureOf(page(parameters));
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.reason).toContain(Object.keys(parameters)[0]);
  });

  test('a token of another query is refused', async () => {
    hub.results = manyRows(3);
    const { continuationToken } = await page({ maxItems: 1 });
    const other = `${query} WHERE devices.jobs.jobId = 'x'`;
    const failure = await failureOf(page({ query: other, continuationToken }));
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.reason).toContain('continuationToken');
  });

  test('the hub receives a token only with the page size that it belongs to', async () => {
    hub.results = manyRows(30);
    const { continuationToken } = await page({ maxItems: 10 });
    await page({ maxItems: 5, continuationToken });
    expect(hub.calls.at(-1)?.request).toMatchObject({ pageSize: 10, continuationToken: '10' });
  });

  test('returns the rows that were read before a failure, with a token for the rest', async () => {
    hub.results = manyRows(300);
    hub.maxPageSize = 100;
    hub.fail = (operation) =>
      operation === 'query' && hub.count('query') > 1 ? new AgentError('HubThrottled', 'no') : undefined;
    const first = await page();
    expect(first.rows).toHaveLength(100);
    hub.fail = () => undefined;
    await expect(page({ continuationToken: first.continuationToken })).resolves.toMatchObject({
      continuationToken: null,
    });
  });

  test('reads 200,000 rows with little memory', async () => {
    const size = process.env['LOAD'] === 'full' ? 200_000 : 20_000;
    hub.results = manyRows(size);
    let seen = 0;
    let token: string | null = null;
    do {
      const next: Page = await page(token === null ? {} : { continuationToken: token });
      seen += next.rows.length;
      token = next.continuationToken;
    } while (token !== null);
    expect(seen).toBe(size);
  });
});

describe('PreviewTargets', () => {
  beforeEach(() => {
    hub.devices = (text) => {
      if (text.includes("connectionState = 'Connected'")) return [{ numberOfTargets: 30 }];
      if (text.includes('COUNT()')) return [{ numberOfTargets: 105 }];
      return Array.from({ length: 105 }, (_unused, index) => ({
        DeviceId: `d${index}`,
        connectionState: index % 2 ? 'Connected' : 'Disconnected',
        lastActivityTime: index % 2 ? '2026-01-01T00:00:00.1234567Z' : '0001-01-01T00:00:00Z',
      }));
    };
  });

  test('returns counts, a sample and an estimate', async () => {
    serve({ hub: hub.port({ tier: 'S1' }) });
    const preview = (await call('PreviewTargets', {
      queryCondition: "tags.a = 'b' OR tags.c = 1",
      sampleSize: 2,
    })) as object;
    expect(preview).toEqual({
      deviceCount: 105,
      connectedCount: 30,
      disconnectedCount: 75,
      sample: [
        { deviceId: 'd0', connectionState: 'Disconnected', lastActivityTime: null },
        { deviceId: 'd1', connectionState: 'Connected', lastActivityTime: '2026-01-01T00:00:00.123Z' },
      ],
      estimatedSeconds: 11,
    });
    expect(hub.calls.map((made) => (made.request as { query: string }).query)).toEqual([
      "SELECT COUNT() AS numberOfTargets FROM devices WHERE (tags.a = 'b' OR tags.c = 1)",
      "SELECT COUNT() AS numberOfTargets FROM devices WHERE (tags.a = 'b' OR tags.c = 1) AND connectionState = 'Connected'",
      "SELECT deviceId, connectionState, lastActivityTime FROM devices WHERE (tags.a = 'b' OR tags.c = 1)",
    ]);
  });

  test('returns all devices, a sample of ten, and no estimate for an unlimited tier', async () => {
    const preview = (await call('PreviewTargets')) as { sample: unknown[]; estimatedSeconds: number };
    expect(preview.sample).toHaveLength(10);
    expect(preview.estimatedSeconds).toBe(0);
  });

  test.each([
    { sampleSize: 0 },
    { sampleSize: 101 },
    { queryCondition: 'a = = b' },
    { queryCondition: `a = '${'x'.repeat(8180)}'` },
  ])('%.60j is refused', async (parameters) => {
    const failure = await failureOf(call('PreviewTargets', parameters));
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.reason).toContain(Object.keys(parameters)[0]);
  });
});

describe('CancelJob', () => {
  test.each(['queued', 'scheduled', 'pending'])('cancels a job that is %s', async (status) => {
    hub.jobs.set('j', { jobId: 'j', type: 'scheduleUpdateTwin', queryCondition: '*', status });
    await expect(call('CancelJob', { jobId: 'j' })).resolves.toEqual([
      { jobId: 'j', type: 'scheduleUpdateTwin', queryCondition: '*', status: 'cancelled', outcome: 'cancelled' },
    ]);
  });

  test.each(['running', 'completed', 'failed', 'cancelled'])(
    'of a job that is %s is refused with its status',
    async (status) => {
      hub.jobs.set('j', { jobId: 'j', type: 'scheduleUpdateTwin', status });
      const failure = await failureOf(call('CancelJob', { jobId: 'j' }));
      expect(failure.code).toBe('JobNotCancellable');
      expect(failure.reason).toContain(status);
    },
  );

  test.each(['', 'a b', 'a'.repeat(65)])('refuses the id %j as InvalidArgument', async (jobId) => {
    expect((await failureOf(call('CancelJob', { jobId }))).code).toBe('InvalidArgument');
    expect((await failureOf(call('GetJob', { jobId }))).code).toBe('InvalidArgument');
  });
});

function manyRows(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_unused, index) => ({
    deviceId: `device-${index}`,
    jobId: 'j',
    jobType: 'scheduleDeviceMethod',
    status: 'completed',
    startTimeUtc: '2026-01-01T00:00:00.1234567Z',
    outcome: { deviceMethodResponse: { status: 200, payload: null } },
  }));
}
