import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openLevelStore } from '../../../../src/store/level-store.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import type { Store } from '../../../../src/store/store.js';
import { eventually } from '../../../support/eventually.js';
import { allRows, ended, type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';
import { connectDevice } from '../../../support/local-hub/sdk-device.js';

const job = (type: 'method' | 'twin', more: object = {}) => ({
  queryCondition: '*',
  ...(type === 'twin'
    ? { type: 'scheduleUpdateTwin', updateTwin: { etag: '*', tags: { job: true } } }
    : { type: 'scheduleDeviceMethod', cloudToDeviceMethod: { methodName: 'echo', payload: { n: 1 } } }),
  ...more,
});

const get = async (tested: HubUnderTest, path: string): Promise<any> => (await tested.raw('GET', path)).json;

describe.each(['memory', 'level'])('a hub over a store in %s', (kind) => {
  let directory: string;
  let store: Store;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'twx-hub-'));
    store = kind === 'level' ? await openLevelStore(directory) : new MemoryStore();
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('has the same state after a restart', async () => {
    let tested = await startHubUnderTest({ store });
    const { connectionString } = tested.hub;
    await tested.hub.registerDevices([{ deviceId: 'a', tags: { n: 1 } }, { deviceId: 'b' }, { deviceId: 'c' }]);
    await tested.raw('PATCH', '/twins/a', { body: { properties: { desired: { x: { y: 1 } } } } });
    await tested.registry.addModule({ deviceId: 'a', moduleId: 'm' });
    await tested.registry.delete('c');
    await tested.registry.addConfiguration({ id: 'conf', content: { deviceContent: {} }, priority: 1 } as never);
    await tested.raw('PUT', '/jobs/v2/done', { body: job('twin') });
    await ended(tested, 'done');
    await tested.raw('PUT', '/jobs/v2/later', { body: job('twin', { startTime: '2099-01-01T00:00:00Z' }) });
    await tested.raw('PUT', '/jobs/v2/cancelled', { body: job('twin', { startTime: '2099-01-01T00:00:00Z' }) });
    await tested.jobs.cancelJob('cancelled');
    const read = async (): Promise<unknown[]> => [
      ...(await Promise.all(
        ['/devices', '/twins/a', '/twins/a/modules/m', '/configurations', '/jobs/v2/query'].map((path) =>
          get(tested, path),
        ),
      )),
      await allRows(tested, 'SELECT * FROM devices.jobs'),
    ];
    const before = await read();
    const token = (await tested.raw('GET', '/jobs/v2/query', { headers: { 'x-ms-max-item-count': '1' } })).headers[
      'x-ms-continuation'
    ];
    await tested.close();

    tested = await startHubUnderTest({ store });
    expect(tested.hub.connectionString).toBe(connectionString);
    expect(await read()).toEqual(before);
    const page = await tested.raw('GET', '/jobs/v2/query', {
      headers: { 'x-ms-max-item-count': '1', 'x-ms-continuation': token ?? '' },
    });
    expect(page.json).toMatchObject([{ jobId: 'later' }]);
    await tested.hub.registerDevice('d');
    const rows = await allRows(tested, 'SELECT deviceId FROM devices');
    expect(rows.map((row) => row.deviceId)).toEqual(['a', 'b', 'd']);
    await tested.close();
  });

  test('continues a job that an earlier version stored as pending', async () => {
    let tested = await startHubUnderTest({ store });
    await tested.hub.registerDevices([{ deviceId: 'a' }]);
    await tested.raw('PUT', '/jobs/v2/j', { body: job('twin', { startTime: '2099-01-01T00:00:00Z' }) });
    await tested.close();
    await store.put('job/j', { ...((await store.get('job/j')) as object), status: 'pending', startMs: 0 });

    tested = await startHubUnderTest({ store });
    expect(await ended(tested, 'j')).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 1 } });
    await tested.close();
  });

  test('continues a job that was running', async () => {
    let tested = await startHubUnderTest({ store });
    let light = await tested.hub.addLightDevices([{ deviceId: 'on' }, { deviceId: 'off' }]);
    light.stop('off');
    await tested.raw('PUT', '/jobs/v2/j', { body: job('method') });
    await eventually(
      () => get(tested, '/jobs/v2/j'),
      ({ deviceJobStatistics }) => deviceJobStatistics?.succeededCount === 1,
    );
    await tested.close();

    tested = await startHubUnderTest({ store });
    expect(await get(tested, '/jobs/v2/j')).toMatchObject({
      status: 'running',
      deviceJobStatistics: { deviceCount: 2, succeededCount: 1, pendingCount: 1 },
    });
    light = await tested.hub.addLightDevices([{ deviceId: 'on' }, { deviceId: 'off' }]);
    expect(await ended(tested, 'j')).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 2 } });
    expect(light.isConnected({ deviceId: 'off' })).toBe(true);
    await tested.close();
  });
});

test('keeps a disabled light device offline after a restart until it is enabled', async () => {
  const store = new MemoryStore();
  const first = await startHubUnderTest({ store });
  await first.hub.addLightDevices([{ deviceId: 'l' }]);
  const set = (tested: HubUnderTest, status: string) =>
    tested.raw('PUT', '/devices/l', { body: { status }, headers: { 'if-match': '*' } });
  expect((await set(first, 'disabled')).json.status).toBe('disabled');
  await first.close();
  const next = await startHubUnderTest({ store });
  await next.hub.addLightDevices([{ deviceId: 'l' }]);
  expect((await get(next, '/twins/l')).connectionState).toBe('Disconnected');
  await set(next, 'enabled');
  expect((await get(next, '/twins/l')).connectionState).toBe('Connected');
  await next.close();
});

describe('a hub that is killed', () => {
  /** Copies the store as it is now, which is the state that a killed process would leave behind. */
  async function copyOf(store: Store): Promise<Store> {
    const copy = new MemoryStore();
    for await (const [key, value] of store.entries()) await copy.put(key, value);
    return copy;
  }

  test('during an operation reports that its outcome is unknown', async () => {
    const store = new MemoryStore();
    const tested = await startHubUnderTest({ store });
    const device = await connectDevice(tested, 'd');
    const called = new Promise<void>((resolve) => device.client.onDeviceMethod('echo', () => resolve()));
    await tested.raw('PUT', '/jobs/v2/j', { body: job('method') });
    await called;
    const left = await copyOf(store);
    const next = await startHubUnderTest({ store: left });
    expect(await ended(next, 'j')).toMatchObject({ status: 'completed', deviceJobStatistics: { failedCount: 1 } });
    const [row] = await allRows(next, 'SELECT * FROM devices.jobs');
    expect(row).toMatchObject({ status: 'failed', error: { code: 'JobInterrupted' } });
    await next.close();
    await device.close();
    await tested.close();
  });

  test('completes a job whose execution time elapsed meanwhile, with its devices failed', async () => {
    const store = new MemoryStore();
    const tested = await startHubUnderTest({ store });
    await tested.hub.registerDevice('offline');
    await tested.raw('PUT', '/jobs/v2/j', { body: job('method', { maxExecutionTimeInSeconds: 1 }) });
    await eventually(
      () => get(tested, '/jobs/v2/j'),
      ({ status }) => status === 'running',
    );
    const left = await copyOf(store);
    await ended(tested, 'j');
    await tested.close();
    const next = await startHubUnderTest({ store: left });
    expect(await ended(next, 'j')).toMatchObject({ status: 'completed', deviceJobStatistics: { failedCount: 1 } });
    await next.close();
  });
});

describe('a store that cannot be written', () => {
  class FullStore extends MemoryStore {
    isFull = false;
    override async batch(...changes: Parameters<MemoryStore['batch']>): Promise<void> {
      if (this.isFull) throw new Error('ENOSPC');
      await super.batch(...changes);
    }
  }

  test('leads to clear errors, loses nothing and does not affect reads', async () => {
    const store = new FullStore();
    const tested = await startHubUnderTest({ store });
    await tested.hub.registerDevice('kept');
    store.isFull = true;
    const refusals = [
      await tested.raw('PUT', '/devices/new', { body: {} }),
      await tested.raw('PATCH', '/twins/kept', { body: { tags: { a: 1 } } }),
      await tested.raw('PUT', '/jobs/v2/j', { body: job('twin', { startTime: '2099-01-01T00:00:00Z' }) }),
      await tested.raw('DELETE', '/devices/kept'),
    ];
    for (const answer of refusals) {
      expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([503, 'ServiceUnavailable']);
      expect(answer.json.Message).toContain('cannot be written');
    }
    expect((await tested.raw('GET', '/twins/kept')).json.tags).toEqual({});
    store.isFull = false;
    expect((await tested.raw('PATCH', '/twins/kept', { body: { tags: { b: 1 } } })).status).toBe(200);
    await tested.close();
    const next = await startHubUnderTest({ store });
    expect((await next.raw('GET', '/twins/kept')).json.tags).toEqual({ b: 1 });
    await next.close();
  });
});
