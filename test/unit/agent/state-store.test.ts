import { beforeEach, expect, test } from '@jest/globals';
import { AgentError } from '../../../src/core/errors.js';
import { Health } from '../../../src/agent/ops/health.js';
import { createMetrics } from '../../../src/agent/ops/prometheus.js';
import { withStoreHealth } from '../../../src/agent/state-store.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { startWatching } from '../../support/jobs/watch-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

let inner: MemoryStore;
let health: Health;
let store: Store;
const metrics = createMetrics({ withProcessMetrics: false });
const full = (): Promise<never> => Promise.reject(new AgentError('StateUnwritable', 'no space left on the device'));

beforeEach(() => {
  inner = new MemoryStore();
  health = new Health(new ManualClock());
  health.register('store', true);
  store = withStoreHealth(inner, {
    clock: new ManualClock(),
    health,
    instruments: metrics.instruments,
    place: '/state',
  });
});

test('a store that was opened is reported as ok, with its location', () => {
  expect(health.report()).toMatchObject({ ready: true, components: { store: { status: 'ok', detail: '/state' } } });
});

test.each<[string, (store: Store) => Promise<void>]>([
  ['put', (any) => any.put('k', 1)],
  ['delete', (any) => any.delete('k')],
  ['batch', (any) => any.batch([{ type: 'put', key: 'k', value: 1 }])],
])('a %s that fails makes the agent not ready, and one that succeeds makes it ready again', async (_what, write) => {
  const batch = inner.batch.bind(inner);
  inner.batch = full;
  await expect(write(store)).rejects.toMatchObject({ code: 'StateUnwritable' });
  expect(health.report()).toMatchObject({
    ready: false,
    components: { store: { status: 'failing', detail: 'no space left on the device' } },
  });
  inner.batch = batch;
  await write(store);
  expect(health.report()).toMatchObject({ ready: true, components: { store: { status: 'ok', detail: '/state' } } });
});

test('the wrapped store works like the original, and its writes are counted', async () => {
  await store.put('a', 1);
  expect(await store.get('a')).toBe(1);
  const keys: string[] = [];
  for await (const [key] of store.entries({ prefix: 'a' })) keys.push(key);
  expect(keys).toEqual(['a']);
  const text = await metrics.text();
  expect(text).toMatch(/twx_iothub_store_writes_total\{result="ok"\} \d/);
  expect(text).toMatch(/twx_iothub_store_writes_total\{result="failed"\} 3/);
});

test('the watcher retries writes that a full disk refused, even long after the job has ended, and the agent is ready', async () => {
  const rig = await startWatching({ tier: 'unlimited', store });
  const batch = inner.batch.bind(inner);
  inner.batch = full;
  await rig.schedule('j');
  await rig.schedule('gone');
  rig.move('gone', 'completed');
  await rig.clock.advanceAsync(300_000);
  expect(health.report().ready).toBe(false);
  expect(rig.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  inner.batch = batch;
  await rig.clock.advanceAsync(20_000);
  expect(health.report().ready).toBe(true);
  const keys: string[] = [];
  for await (const [key] of inner.entries()) keys.push(key);
  expect(keys).toEqual(['watch/main/j']);
  rig.move('j', 'completed');
  inner.batch = full;
  await rig.clock.advanceAsync(60_000);
  expect(health.report().ready).toBe(false);
  inner.batch = batch;
  await rig.clock.advanceAsync(20_000);
  expect(health.report().ready).toBe(true);
  await rig.stop();
  expect(await inner.get('watch/main/j')).toBeUndefined();
});
