import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Service } from '../../../src/edge/definitions.js';
import { type FairClock, startFairClock } from '../../support/fair-clock.js';
import { type Misbehaviour, type SeenRequest, ScriptedHub } from '../../support/iothub/scripted-hub.js';
import { callService, failureOf } from '../../support/jobs/callers.js';
import { servicesAt } from '../../support/jobs/hub-services.js';
import { afterRequest, flood, startBadServer } from '../../support/silent-ends.js';

const MIB = 1024 * 1024;
const TIMEOUT_MS = 8000;
const QUERY = { query: 'SELECT * FROM devices.jobs' };
const READING: Readonly<Record<string, Record<string, unknown>>> = {
  GetJob: { jobId: 'j' },
  FindJobs: {},
  QueryJobResults: QUERY,
  QueryJobResultsPage: QUERY,
  PreviewTargets: { queryCondition: '*' },
};

let clock: FairClock;
let hub: ScriptedHub;
let services: Service[];
const closing: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  clock = startFairClock();
  closing.push(() => clock.stop());
  hub = await ScriptedHub.start();
  closing.push(() => hub.close());
  services = start(hub);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function start(at: { readonly address: string }): Service[] {
  const { connectionString, certificates } = hub;
  const started = servicesAt(
    { address: at.address, connectionString },
    { ca: certificates.caPem, timeoutMs: TIMEOUT_MS },
  );
  closing.push(() => started.port.close());
  return started.services;
}

const call = (name: string, parameters = READING[name] ?? {}): Promise<unknown> =>
  callService(services, name, parameters, { timeoutMs: 2 * TIMEOUT_MS, clock });

const body = (text: string): Misbehaviour => ({ kind: 'body', body: text });

describe.each(Object.keys(READING))('%s', (name) => {
  test.each([
    ['24 MB of empty objects', `[${'{},'.repeat(8_000_000)}{}]`],
    ['a string of 24 MB', JSON.stringify([{ a: 'x'.repeat(24_000_000) }])],
    ['8 MiB of empty objects', `[${'{},'.repeat(2_700_000)}{}]`],
    ['one item that holds 1.5 million lists', `[{"jobId":"j","status":"running","a":[${'[],'.repeat(1_500_000)}[]]}]`],
    ['an object of 600,000 members', `{${Array.from({ length: 600_000 }, (_unused, at) => `"m${at}":1`).join(',')}}`],
  ])('refuses %s in time', async (_what, text) => {
    hub.decide = () => body(text);
    const startMs = clock.monotonicMs();
    expect(['HubUnavailable', 'ResultTooLarge']).toContain((await failureOf(call(name))).code);
    expect(clock.monotonicMs() - startMs).toBeLessThan(TIMEOUT_MS);
  });

  test('fails when a response never ends', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = `${(64 * 1024).toString(16)}\r\n${'{},'.repeat(21_845)} \r\n`;
    const server = await startBadServer(afterRequest(flood(head, chunk)), hub.certificates);
    closing.push(() => server.close());
    services = start(server);
    expect(['HubUnavailable', 'ResultTooLarge']).toContain((await failureOf(call(name))).code);
    await server.whenClosed();
    expect(server.open).toBe(0);
  });

  test('refuses more items than it requested', async () => {
    const items = Array.from({ length: 1001 }, (_unused, at) => ({ jobId: `j${at}`, status: 'running' }));
    hub.decide = () => body(JSON.stringify(items));
    expect((await failureOf(call(name))).code).toBe('HubUnavailable');
  });
});

/** Rows whose page of 1,000 is longer than 8 MiB. */
const longRows = (count: number, bytes: number): Record<string, unknown>[] =>
  Array.from({ length: count }, (_unused, at) => ({
    deviceId: `d${at}`,
    jobId: 'j',
    jobType: 'scheduleDeviceMethod',
    status: 'completed',
    outcome: { deviceMethodResponse: { status: at % 4 === 0 ? 500 : 200, payload: 'x'.repeat(bytes) } },
  }));

const sizesAsked = (path: string): number[] =>
  hub.seen
    .filter((request: SeenRequest) => request.path.startsWith(path))
    .map(({ headers }) => Number(headers['x-ms-max-item-count']));

describe('a page that is longer than 8 MiB', () => {
  test('is requested again by QueryJobResultsPage with a tenth of the rows, and each row is returned once', async () => {
    hub.results = longRows(1500, 10_000);
    const devices: unknown[] = [];
    let continuationToken: string | null | undefined;
    do {
      const token = continuationToken ? { continuationToken } : {};
      const page = (await call('QueryJobResultsPage', { ...QUERY, ...token })) as {
        rows: { deviceId: string }[];
        continuationToken: string | null;
      };
      devices.push(...page.rows.map(({ deviceId }) => deviceId));
      continuationToken = page.continuationToken;
    } while (continuationToken !== null);
    expect(devices).toEqual(hub.results.map(({ deviceId }) => deviceId));
    expect(Math.max(...sizesAsked('/devices/query').slice(1))).toBeLessThanOrEqual(1000);
    expect(sizesAsked('/devices/query').slice(0, 2)).toEqual([1000, 100]);
  });

  test('does not keep QueryJobResults from counting the rows that do not fit', async () => {
    hub.results = longRows(1500, 10_000);
    const failure = await failureOf(call('QueryJobResults'));
    expect(failure.code).toBe('ResultTooLarge');
    expect(failure.message).toContain('1500 rows');
  });

  test('does not keep QueryJobResults from returning the first maxItems rows if they fit', async () => {
    hub.results = [...longRows(50, 10), ...longRows(1, 9 * MIB)];
    const rows = (await call('QueryJobResults', { ...QUERY, maxItems: 50 })) as unknown[];
    expect(rows).toHaveLength(50);
  });

  test('is requested with fewer rows down to a single one, which is reported if it alone is too long', async () => {
    hub.results = [...longRows(3, 10), ...longRows(1, 9 * MIB), ...longRows(3, 10)];
    const failure = await failureOf(call('QueryJobResults'));
    expect(failure.code).toBe('ResultTooLarge');
    expect(failure.message).toContain('single row');
    expect(sizesAsked('/devices/query')).toEqual([1000, 100, 10, 1, 1, 1, 1]);
  });

  test('does not keep FindJobs from counting the jobs that do not fit', async () => {
    for (let at = 0; at < 900; at += 1)
      hub.jobs.set(`j${at}`, {
        jobId: `j${at}`,
        type: 'scheduleDeviceMethod',
        status: 'running',
        cloudToDeviceMethod: { methodName: 'm', payload: 'x'.repeat(10_000) },
      });
    const failure = await failureOf(call('FindJobs'));
    expect(failure.code).toBe('ResultTooLarge');
    expect(failure.message).toContain('900 rows');
  });

  test('does not keep GetJob from counting the devices that refused', async () => {
    hub.results = longRows(1000, 10_000);
    hub.jobs.set('j', {
      jobId: 'j',
      type: 'scheduleDeviceMethod',
      status: 'completed',
      deviceJobStatistics: { deviceCount: 1000, succeededCount: 1000, failedCount: 0 },
    });
    await expect(call('GetJob')).resolves.toMatchObject([{ refusedCount: 250, outcome: 'completedWithErrors' }]);
  });
});

test('eight long responses at once are all read, within the common budget', async () => {
  hub.results = longRows(700, 10_000);
  const pages = await Promise.all(
    Array.from({ length: 8 }, () => call('QueryJobResultsPage', { ...QUERY, maxItems: 700 })),
  );
  for (const page of pages) expect((page as { rows: unknown[] }).rows.length).toBeGreaterThanOrEqual(30);
});

describe('an error response with a long body', () => {
  test.each([
    [400, 'HubRejected'],
    [401, 'HubUnauthorized'],
    [429, 'HubThrottled'],
    [500, 'HubUnavailable'],
  ])('of status %d is still reported as %s', async (status, code) => {
    hub.decide = () => ({ kind: 'status', status, body: '{"Message":"x"}'.padEnd(5_000_000) });
    services = servicesWithin(1000);
    // The last attempt after a transient failure may still be pending at the deadline.
    const codes = status === 429 || status === 500 ? [code, 'HubTimeout'] : [code];
    expect(codes).toContain((await failureOf(call('GetJob'))).code);
  });

  test('that never ends is read only up to a limit', async () => {
    const head =
      'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n{"Message":"ErrorCode:ArgumentInvalid;no"}';
    const server = await startBadServer(afterRequest(flood(head, ' '.repeat(64 * 1024))), hub.certificates);
    closing.push(() => server.close());
    services = start(server);
    const failure = await failureOf(call('GetJob'));
    expect(failure.code).toBe('HubRejected');
    await server.whenClosed();
    expect(server.open).toBe(0);
  });
});

function servicesWithin(timeoutMs: number): Service[] {
  const started = servicesAt(hub, { ca: hub.certificates.caPem, timeoutMs });
  closing.push(() => started.port.close());
  return started.services;
}
