import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { allRows, ended, type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';

const COUNT = 57;
let tested: HubUnderTest;
beforeAll(async () => {
  tested = await startHubUnderTest();
  await tested.hub.addLightDevices(
    Array.from({ length: COUNT }, (_, index) => ({
      deviceId: `d${index}`,
      tags: { site: ['A', 'B', 'C'][index % 3], n: index },
      desired: { firmware: { version: index % 2 } },
    })),
  );
});
afterAll(() => tested.close());

const query = (text: string, headers: Record<string, string> = {}) =>
  tested.raw('POST', '/devices/query', { body: { query: text }, headers });

describe('a query', () => {
  test('returns twins to the SDK, page by page', async () => {
    const paged = tested.registry.createQuery("SELECT * FROM devices WHERE tags.site = 'A'", 10);
    const ids: string[] = [];
    while (paged.hasMoreResults) {
      const { result } = await (paged as any).next((paged as any).continuationToken);
      ids.push(...result.map((twin: any) => twin.deviceId));
    }
    expect(ids).toEqual(Array.from({ length: 19 }, (_, index) => `d${index * 3}`));
  });

  test.each([1, 7, 57, 58, 100, 1000])('returns every row once in pages of %d', async (size) => {
    const rows = await allRows(tested, 'SELECT * FROM devices', size);
    expect(rows.map((row) => row.deviceId)).toEqual(Array.from({ length: COUNT }, (_, index) => `d${index}`));
  });

  test('returns every row once while devices are added and removed', async () => {
    const own = await startHubUnderTest();
    await own.hub.registerDevices(Array.from({ length: 30 }, (_, index) => ({ deviceId: `x${index}` })));
    const seen: string[] = [];
    let token = '';
    for (let page = 0; page === 0 || token; page++) {
      const { json, headers } = await own.raw('POST', '/devices/query', {
        body: { query: 'SELECT deviceId FROM devices' },
        headers: { 'x-ms-max-item-count': '7', ...(token ? { 'x-ms-continuation': token } : {}) },
      });
      seen.push(...json.map((row: any) => row.deviceId));
      token = headers['x-ms-continuation'] ?? '';
      await own.registry.delete(`x${page}`);
      await own.registry.delete(`x${29 - page}`);
      if (page < 3) await own.hub.registerDevice(`y${page}`);
    }
    expect(new Set(seen).size).toBe(seen.length);
    for (let index = 6; index < 24; index++) expect(seen).toContain(`x${index}`);
    await own.close();
  });

  test('reports the type of its rows', async () => {
    const typeOf = async (text: string) => (await query(text)).headers['x-ms-item-type'];
    expect(await typeOf('SELECT * FROM devices')).toBe('Twin');
    expect(await typeOf('SELECT * FROM devices.modules')).toBe('Twin');
    expect(await typeOf('SELECT deviceId FROM devices')).toBe('Raw');
    expect(await typeOf('SELECT COUNT() AS n FROM devices')).toBe('Raw');
    expect(await typeOf('SELECT * FROM devices.jobs')).toBe('DeviceJob');
  });

  test('projects, groups, counts and limits', async () => {
    expect((await query('SELECT COUNT() AS n FROM devices')).json).toEqual([{ n: COUNT }]);
    expect((await query('SELECT TOP 2 DeviceId, tags.n FROM devices WHERE tags.n > 4')).json).toEqual([
      { deviceId: 'd5', n: 5 },
      { deviceId: 'd6', n: 6 },
    ]);
    const groups = await allRows(tested, 'SELECT tags.site, COUNT() AS n FROM devices GROUP BY tags.site', 2);
    expect(groups).toEqual(['A', 'B', 'C'].map((site) => ({ site, n: 19 })));
    expect(await allRows(tested, 'SELECT TOP 5 * FROM devices', 2)).toHaveLength(5);
    expect((await query('SELECT * FROM devices.jobs')).json).toEqual([]);
  });

  test('sees changes at once', async () => {
    const text = "SELECT COUNT() AS n FROM devices WHERE tags.fresh = 'yes'";
    await tested.raw('PATCH', '/twins/d3', { body: { tags: { fresh: 'yes' } } });
    expect((await query(text)).json).toEqual([{ n: 1 }]);
    await tested.raw('PATCH', '/twins/d3', { body: { tags: { fresh: null } } });
    expect((await query(text)).json).toEqual([{ n: 0 }]);
  });

  test('reads connection state and modules', async () => {
    expect((await query("SELECT COUNT() AS n FROM devices WHERE connectionState = 'Connected'")).json).toEqual([
      { n: COUNT },
    ]);
    await tested.registry.addModule({ deviceId: 'd1', moduleId: 'part' });
    const { json } = await query("SELECT * FROM devices.modules WHERE moduleId = 'part'");
    expect(json).toMatchObject([{ deviceId: 'd1', moduleId: 'part', properties: { desired: { $version: 1 } } }]);
  });

  test('over the results of jobs returns all of them', async () => {
    for (const jobId of ['q1', 'q2']) {
      await tested.raw('PUT', `/jobs/v2/${jobId}`, {
        body: {
          type: 'scheduleUpdateTwin',
          updateTwin: { etag: '*', tags: { [jobId]: true } },
          queryCondition: 'tags.n < 20',
        },
      });
      await ended(tested, jobId);
    }
    expect(await allRows(tested, 'SELECT * FROM devices.jobs', 7)).toHaveLength(40);
    const one = await allRows(tested, "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'q2'", 7);
    expect(one.map((row) => [row.jobId, row.deviceId])).toEqual(
      Array.from({ length: 20 }, (_, index) => ['q2', `d${index}`]),
    );
    const failed = "SELECT * FROM devices.jobs WHERE devices.jobs.status = 'failed'";
    expect(await allRows(tested, failed)).toEqual([]);
  });

  test.each([
    'SELECT * FROM devices WHERE',
    'SELECT * FROM devices ORDER BY deviceId',
    'SELECT deviceId FROM devices.jobs',
    'DELETE FROM devices',
    '',
    `SELECT * FROM devices WHERE tags.a = '${'x'.repeat(8200)}'`,
  ])('that Azure refuses is refused: %.40s', async (text) => {
    const answer = await query(text);
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([400, 'ArgumentInvalid']);
  });

  test.each([{}, [], { query: null }, { Query: 'x' }])('that is missing in %j is ArgumentNull', async (body) => {
    const answer = await tested.raw('POST', '/devices/query', { body });
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([400, 'ArgumentNull']);
  });

  test('that is missing or invalid is refused', async () => {
    for (const body of [{}, [], { query: 7 }, '{']) {
      expect((await tested.raw('POST', '/devices/query', { body })).status).toBe(400);
    }
  });
});

describe('a continuation token', () => {
  const text = 'SELECT * FROM devices';
  const page = (token: string, size = '10', of = text) =>
    query(of, { 'x-ms-continuation': token, 'x-ms-max-item-count': size });
  const first = async (): Promise<string> =>
    (await query(text, { 'x-ms-max-item-count': '10' })).headers['x-ms-continuation'] ?? '';

  test('may be used more than once', async () => {
    const token = await first();
    const ids = (await page(token)).json.map((twin: any) => twin.deviceId);
    expect((await page(token)).json.map((twin: any) => twin.deviceId)).toEqual(ids);
  });

  test('belongs to its query and page size and cannot be forged', async () => {
    const token = await first();
    expect((await page(token)).status).toBe(200);
    for (const [wrong, size, of] of [
      [token, '11', text],
      [token, '10', 'SELECT * FROM devices.modules'],
      [`x${token}`, '10', text],
      [token.slice(0, -2), '10', text],
      ['made-up', '10', text],
      [Buffer.from('{"given":0}').toString('base64'), '10', text],
    ] as const) {
      expect((await page(wrong, size, of)).status).toBe(400);
    }
  });

  test.each(['0', '-1', 'many', '1.5'])('is not issued for the invalid page size %s', async (size) => {
    expect((await query(text, { 'x-ms-max-item-count': size })).status).toBe(400);
  });

  test('of the list of jobs belongs to its filter', async () => {
    for (const id of ['p1', 'p2', 'p3']) {
      await tested.raw('PUT', `/jobs/v2/${id}`, {
        body: {
          type: 'scheduleUpdateTwin',
          queryCondition: '*',
          updateTwin: { etag: '*', tags: {} },
          startTime: '2099-01-01T00:00:00Z',
        },
      });
    }
    const list = (filter: string, token = '') =>
      tested.raw('GET', `/jobs/v2/query?jobStatus=${filter}`, {
        headers: { 'x-ms-max-item-count': '2', 'x-ms-continuation': token },
      });
    const token = (await list('scheduled')).headers['x-ms-continuation'] ?? '';
    expect((await list('scheduled', token)).json).toHaveLength(1);
    expect((await list('completed', token)).status).toBe(400);
  });
});
