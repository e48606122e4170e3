import { describe, expect, it } from '@jest/globals';
import type { Instruments } from '../../../../src/core/instruments.js';
import type { DeviceState } from '../../../../src/rollouts/machine/device-states.js';
import { cancel } from '../../../../src/rollouts/driver/commands.js';
import { Mortal } from '../../../support/rollouts/mortal.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

async function started(options: ConstructorParameters<typeof RolloutRig>[0] = {}): Promise<RolloutRig> {
  const rig = new RolloutRig(options);
  await rig.driver.start();
  return rig;
}

async function devicesOf(rig: RolloutRig, range?: { readonly from?: number; readonly to?: number }) {
  const found: [position: number, deviceId: string, state: DeviceState][] = [];
  for await (const { position, device } of rig.driver.devices(await rig.record('r1'), range))
    found.push([position, device.deviceId, device.state]);
  return found;
}

async function keysOf(rig: RolloutRig): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of rig.store.entries()) if (!key.includes('/event/')) keys.push(key);
  return keys;
}

describe('a walk over the devices of a roll-out', () => {
  it('returns each once, in order, and can continue from a position', async () => {
    const rig = await started({ devices: 1500 });
    const ids = Array.from({ length: 1500 }, (_, at) => deviceId(1499 - at));
    rig.hub.script = (id) => ({ status: id === deviceId(3) ? 500 : 200 });
    await rig.start('r1', {}, { deviceIds: ids });
    expect(await devicesOf(rig)).toEqual([]);
    await rig.until('r1', 'completed');
    expect((await devicesOf(rig)).map(([, id]) => id)).toEqual(ids);
    expect(await devicesOf(rig, { from: 1495, to: 1498 })).toEqual([
      [1495, deviceId(4), 'succeeded'],
      [1496, deviceId(3), 'refused'],
      [1497, deviceId(2), 'succeeded'],
    ]);
  });

  it('returns when the next attempt of a device begins', async () => {
    const rig = await started({ devices: 2 });
    rig.hub.script = () => ({ status: 500 });
    await rig.start('r1', { retries: 1, retryOn: ['refused'], retryDelaySeconds: 1000 });
    await rig.clock.advanceAsync(20_000);
    const times = [];
    for await (const { nextAttemptMs } of rig.driver.devices(await rig.record('r1'))) times.push(nextAttemptMs);
    for (const time of times) expect((time ?? 0) - rig.clock.nowMs()).toBeGreaterThan(900_000);
    expect((await rig.driver.status('r1')).waiting?.nextActionMs).toBe(times[0]);
  });

  it('ends if the roll-out is deleted meanwhile', async () => {
    const rig = await started({ devices: 100 });
    await rig.start('r1');
    const record = await rig.until('r1', 'completed');
    let walked = 0;
    for await (const _device of rig.driver.devices(record)) {
      walked += 1;
      if (walked === 10) await rig.driver.delete('r1');
    }
    expect(walked).toBeLessThanOrEqual(100);
    await expect(rig.driver.status('r1')).rejects.toMatchObject({ code: 'RolloutNotFound' });
  });
});

describe('deleting a roll-out', () => {
  it('is refused before its end, and when repeated', async () => {
    const rig = await started();
    await rig.start('r1', {}, { startMs: rig.clock.nowMs() + 60_000 });
    await expect(rig.driver.delete('r1')).rejects.toMatchObject({ code: 'RolloutStateConflict' });
    await rig.command('r1', (work) => cancel(work));
    await rig.driver.delete('r1');
    await expect(rig.driver.delete('r1')).rejects.toMatchObject({ code: 'RolloutNotFound' });
    expect(await keysOf(rig)).toEqual([]);
  });

  it('is completed at the next start after the agent was killed', async () => {
    const rig = await started({ devices: 1500 });
    await rig.start('r1');
    await rig.until('r1', 'completed');
    const mortal = new Mortal(rig.store, rig.hub, 2, false);
    rig.environment = { store: mortal.store };
    await rig.restart();
    void rig.driver.delete('r1');
    await mortal.death;
    expect((await keysOf(rig)).length).toBeGreaterThan(1000);
    rig.environment = {};
    await rig.restart();
    await rig.clock.advanceAsync(1000);
    expect(await keysOf(rig)).toEqual([]);
  });

  it('does not reuse its sequence number while one of its events is stored', async () => {
    const rig = await started();
    await rig.start('r1');
    const { sequence } = await rig.until('r1', 'completed');
    await rig.driver.delete('r1');
    await rig.restart();
    await rig.start('r2');
    expect((await rig.record('r2')).sequence).toBe(sequence + 1);
  });

  it('allows a new roll-out with the same id and other hub jobs', async () => {
    const rig = await started();
    await rig.start('r1');
    const first = await rig.until('r1', 'completed');
    await rig.driver.delete('r1');
    await rig.start('r1');
    const second = await rig.until('r1', 'completed');
    expect(second.nonce).not.toBe(first.nonce);
    expect(rig.hub.callsOf(deviceId(0))).toBe(2);
  });
});

describe('the content of hub jobs', () => {
  it('is the payload byte for byte, also after a restart', async () => {
    const rig = await started();
    const sent: unknown[] = [];
    rig.hub.fail = (operation, request, when) => {
      if (operation === 'scheduleJob' && when === 'before') sent.push(request);
      return undefined;
    };
    const payloadText = '{"b":1, "a":  12345678901234567890}';
    await rig.start('r1', { batchSize: 5, soakSeconds: 60, payloadText });
    await rig.clock.advanceAsync(10_000);
    await rig.restart();
    await rig.until('r1', 'completed');
    expect(sent).toEqual([expect.objectContaining({ payloadText }), expect.objectContaining({ payloadText })]);
    expect((await rig.record('r1')).definition.payloadText).toBe(payloadText);
  });
});

describe('the metrics of roll-outs', () => {
  it('count open roll-outs, devices by state, and hub jobs by result, for each hub', async () => {
    const counted = new Map<string, number>();
    const open: number[] = [];
    const instruments: Instruments = {
      count: (name, labels, by = 1) => {
        if (!name.startsWith('rollout')) return;
        const key = `${name} ${JSON.stringify(labels)}`;
        counted.set(key, (counted.get(key) ?? 0) + by);
      },
      observe: () => undefined,
      gauge: (name, value) => void (name === 'rollouts_open' && open.push(value)),
    };
    const rig = await started({ environment: { instruments } });
    rig.hub.script = (id) => ({ status: id === deviceId(0) ? 500 : 200 });
    await rig.start('r1');
    await rig.until('r1', 'completed');
    await rig.clock.advanceAsync(1000);
    expect(Object.fromEntries(counted)).toEqual({
      'rollout_devices_total {"hub":"main","state":"running"}': 10,
      'rollout_devices_total {"hub":"main","state":"succeeded"}': 9,
      'rollout_devices_total {"hub":"main","state":"refused"}': 1,
      'rollout_jobs_total {"hub":"main","result":"completed"}': 1,
    });
    expect(open).toEqual([1, 0]);
  });
});
