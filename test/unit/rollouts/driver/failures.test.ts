import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import { pause } from '../../../../src/rollouts/driver/commands.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import type { BatchOptions, StoreChange } from '../../../../src/store/store.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

/** A store whose writes fail on demand, before or after they take effect. */
class FailingStore extends MemoryStore {
  fails: 'no' | 'before' | 'after' = 'no';

  override async batch(changes: readonly StoreChange[], options?: BatchOptions): Promise<void> {
    const failure = new AgentError('StateUnwritable', 'no space left on the device');
    if (this.fails === 'before') throw failure;
    await super.batch(changes, options);
    if (this.fails === 'after') throw failure;
  }
}

async function started(options: ConstructorParameters<typeof RolloutRig>[0] = {}): Promise<RolloutRig> {
  const rig = new RolloutRig(options);
  await rig.driver.start();
  return rig;
}

const allOnce = (rig: RolloutRig): void =>
  expect([...rig.hub.calls.values()].filter((calls) => calls !== 1)).toEqual([]);

describe('a roll-out whose store cannot be written', () => {
  it.each(['before', 'after'] as const)(
    'creates no hub job without its record, and continues once the store can be written: fails %s',
    async (fails) => {
      const store = new FailingStore();
      const rig = await started({ devices: 30, store });
      await rig.start('r1', { batchSize: 10, soakSeconds: 20 });
      await rig.clock.advanceAsync(12_000);
      store.fails = fails;
      await rig.clock.advanceAsync(60_000);
      expect(await rig.waitingFor('r1')).toBe('store');
      // A failed write that took effect is a record.
      expect(rig.hub.jobs.size).toBe(fails === 'before' ? 1 : 2);
      await expect(rig.command('r1', (work) => pause(work))).rejects.toMatchObject({ code: 'StateUnwritable' });
      store.fails = 'no';
      await rig.clock.advanceAsync(10_000);
      expect(await rig.waitingFor('r1')).not.toBe('store');
      if ((await rig.record('r1')).state === 'paused') return;
      expect(await rig.until('r1', 'completed')).toMatchObject({ counts: { succeeded: 30 } });
      allOnce(rig);
    },
  );

  it('agrees with the store after random failures of half of the writes', async () => {
    const store = new FailingStore();
    const rig = await started({ devices: 60, store, maxJobs: 3 });
    rig.hub.script = (id, calls) => ({ status: id.endsWith('3') && calls === 0 ? 500 : 200 });
    rig.hub.offline.add(deviceId(11));
    await rig.start('r1', {
      batchSize: 20,
      retries: 1,
      retryOn: ['refused'],
      retryDelaySeconds: 5,
      offlineDevices: 'wait',
    });
    await rig.start('r2', { methodName: 'other', batchSize: 15 });
    for (let step = 0; step < 120; step += 1) {
      store.fails = (['no', 'before', 'after', 'no'] as const)[(step * 7 + (step >> 2)) % 4] ?? 'no';
      await rig.clock.advanceAsync(2500);
    }
    store.fails = 'no';
    rig.hub.offline.clear();
    await rig.until('r1', 'completed');
    await rig.until('r2', 'completed');
    expect((await rig.record('r1')).counts).toEqual({ succeeded: 60 });
    expect(rig.hub.overlaps).toEqual([]);
    expect(rig.hub.mostOpen).toBeLessThanOrEqual(3);
  });
});

describe('a roll-out whose hub is unreachable', () => {
  it.each(['HubUnavailable', 'HubThrottled', 'HubUnauthorized', 'HubTimeout'] as const)(
    'waits through %s, fails nothing, and goes on within a minute',
    async (code) => {
      const rig = await started({ devices: 20 });
      rig.hub.jobMs = 10_000;
      await rig.start('r1', { batchSize: 10 });
      await rig.clock.advanceAsync(2000);
      rig.hub.fail = () => new AgentError(code, 'not now');
      await rig.clock.advanceAsync(3_600_000);
      expect(await rig.waitingFor('r1')).toBe('hub');
      rig.hub.fail = () => undefined;
      await rig.clock.advanceAsync(60_000);
      expect(await rig.record('r1')).toMatchObject({ state: 'completed', outcome: 'succeeded' });
      allOnce(rig);
    },
  );
});

describe('a roll-out whose wall clock jumps', () => {
  it('does not extend soak, retries and verification when the clock is set back', async () => {
    const rig = await started();
    rig.hub.script = (_id, calls) => ({ status: calls === 0 ? 500 : 200 });
    const definition = {
      batchSize: 5,
      soakSeconds: 600,
      retries: 1,
      retryOn: ['refused' as const],
      retryDelaySeconds: 300,
    };
    await rig.start('r1', { ...definition, verifyCondition: 'a = 1', verifyTimeoutInSeconds: 300 });
    const begin = rig.clock.monotonicMs();
    for (let jump = 0; jump < 25; jump += 1) {
      await rig.clock.advanceAsync(100_000);
      rig.clock.setWallClock(-3_600_000);
    }
    const record = await rig.until('r1', 'completed');
    expect(record.counts).toEqual({ unverified: 10 });
    expect(rig.clock.monotonicMs() - begin).toBeLessThan(2 * (600 + 300 + 300 + 120) * 1000);
    const times = (await rig.history('r1')).map(({ timeMs }) => timeMs);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  it('ends pauses that are over when the clock is set forward', async () => {
    const rig = await started();
    await rig.start('r1', { batchSize: 5, soakSeconds: 86_400 });
    await rig.clock.advanceAsync(30_000);
    rig.clock.setWallClock(2 * 86_400_000);
    await rig.clock.advanceAsync(90_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'completed', outcome: 'succeeded' });
  });

  it('ends a pause after a restart that began while the clock was ahead', async () => {
    const rig = await started();
    await rig.start('r1', { batchSize: 5, soakSeconds: 3600 });
    await rig.clock.advanceAsync(30_000);
    await rig.driver.stop();
    rig.clock.setWallClock(-86_400_000);
    await rig.restart();
    await rig.clock.advanceAsync(60_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'completed', outcome: 'succeeded' });
  });
});

describe('windows of a roll-out', () => {
  it.each([
    ['Europe/Berlin', '*/20 2 * * *', '2027-03-27T20:00:00Z', '2027-03-28T01:00:00.000Z'],
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T20:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['America/New_York', '30 2 * * *', '2027-03-14T00:00:00Z', '2027-03-14T07:00:00.000Z'],
    ['America/New_York', '15 1 * * *', '2026-10-31T22:00:00Z', '2026-11-01T05:15:00.000Z'],
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03T12:00:00Z', '2026-10-03T15:30:00.000Z'],
    ['Asia/Kolkata', '30 9 * * *', '2026-10-25T00:00:00Z', '2026-10-25T04:00:00.000Z'],
  ])('in %s at %s open on the clock of the zone, also when it is changed', async (timeZone, start, from, opens) => {
    const rig = await started();
    rig.clock.setWallClock(Date.parse(from) - rig.clock.nowMs());
    await rig.start('r1', { windows: [{ start, durationMinutes: 15 }], timeZone });
    await rig.clock.advanceAsync(30_000);
    const { waiting } = await rig.driver.status('r1');
    expect(waiting).toEqual({ waitingFor: 'window', nextActionMs: Date.parse(opens) });
    rig.clock.setWallClock(Date.parse(opens) - 70_000 - rig.clock.nowMs());
    const { beginMs = 0, endMs = 0 } = await rig.until('r1', 'completed');
    expect(new Date(beginMs).toISOString()).toBe(opens);
    expect(endMs - beginMs).toBeLessThan(60_000);
    allOnce(rig);
  });

  const windows = [{ start: '0 2 * * *', durationMinutes: 3 }];

  it('allow no hub job outside, make the last one smaller, and continue with the next window', async () => {
    const rig = await started({ devices: 2000, environment: { deviceOperationsPerSecond: 5 } });
    rig.hub.durationMs = (job) => job.deviceIds.length * 200;
    await rig.start('r1', { windows, connectTimeoutInSeconds: 10, responseTimeoutInSeconds: 10 });
    await rig.clock.advanceAsync(60_000);
    expect(await rig.waitingFor('r1')).toBe('window');
    await rig.clock.advanceAsync(2 * 3_600_000 + 120_000);
    const first = [...rig.hub.jobs.values()].map((job) => job.deviceIds.length);
    // 180 s minus 20 s of timeouts and 5 s of reserve are enough for 775 devices at 5 a second.
    expect(first.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(775);
    expect(first.at(-1)).toBeLessThan(first[0] as number);
    expect(await rig.waitingFor('r1')).toBe('window');
    await rig.clock.advanceAsync(3 * 86_400_000);
    expect(await rig.record('r1')).toMatchObject({ outcome: 'succeeded', counts: { succeeded: 2000 } });
    allOnce(rig);
    const openedMs = [...rig.hub.jobs.values()].map(({ madeMs }) => madeMs % 86_400_000);
    for (const madeMs of openedMs) expect(madeMs - 2 * 3_600_000).toBeLessThan(180_000);
    for (const madeMs of openedMs) expect(madeMs).toBeGreaterThanOrEqual(2 * 3_600_000);
  });

  it('do not delay soak and verification', async () => {
    const rig = await started();
    rig.hub.jobMs = 5000;
    await rig.start('r1', { windows, batchSize: 5, verifyCondition: 'a = 1', verifyTimeoutInSeconds: 600 });
    await rig.clock.advanceAsync(2 * 3_600_000 + 240_000);
    expect((await rig.record('r1')).counts).toMatchObject({ verifying: 5 });
    await rig.clock.advanceAsync(600_000);
    expect((await rig.record('r1')).counts).toMatchObject({ unverified: 5, pending: 5 });
  });
});

describe('the roll-outs of a hub', () => {
  it('are removed with all their records rollouts.historyDays after their end', async () => {
    const rig = await started();
    await rig.start('r1', {}, { deviceIds: [deviceId(1)] });
    await rig.until('r1', 'completed');
    await rig.clock.advanceAsync(366 * 86_400_000);
    expect(await rig.driver.find('r1')).toBeUndefined();
    const left: string[] = [];
    for await (const [key] of rig.store.entries()) if (!key.includes('/event/')) left.push(key);
    expect(left).toEqual([]);
  });

  it('are limited to rollouts.maxOpen', async () => {
    const rig = await started({ maxOpen: 2 });
    const startMs = rig.clock.nowMs() + 3_600_000;
    await Promise.allSettled(['r1', 'r2', 'r3', 'r4'].map((id) => rig.start(id, {}, { startMs })));
    await expect(rig.start('r5')).rejects.toMatchObject({ code: 'RolloutLimitReached' });
    expect(rig.driver.openCount).toBe(2);
  });

  it('keep a bounded history and the number of entries that were dropped', async () => {
    const rig = await started({ devices: 150 });
    await rig.start('r1', { batchSize: 1 });
    const record = await rig.until('r1', 'completed');
    const history = await rig.history('r1');
    expect(record.historyLength).toBe(304);
    expect(history).toHaveLength(199);
    expect(history.at(-1)).toMatchObject({ event: 'state', state: 'completed' });
  });
});

describe('a call of a user', () => {
  it('does not wait for a hub that does not respond', async () => {
    const rig = new RolloutRig();
    const silent = { ...rig.hub.operations };
    silent.query = (context) =>
      new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(new AgentError('HubTimeout', 'cut off')), { once: true });
      });
    rig.environment = { hub: silent };
    await rig.restart();
    await rig.start('r1');
    await rig.clock.advanceAsync(5000);
    expect(await rig.record('r1')).toMatchObject({ state: 'preparing' });
    expect(await rig.command('r1', (work) => pause(work))).toMatchObject({ state: 'paused' });
    rig.environment = {};
    await rig.driver.stop();
  });
});
