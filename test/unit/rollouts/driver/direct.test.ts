import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import { cancel, pause } from '../../../../src/rollouts/driver/commands.js';
import type { RolloutDefinition } from '../../../../src/rollouts/records/records.js';
import { Mortal } from '../../../support/rollouts/mortal.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

async function directRig(devices: number, definition: Partial<RolloutDefinition> = {}): Promise<RolloutRig> {
  const rig = new RolloutRig({ devices });
  await rig.start('r', { via: 'direct', ...definition }, { deviceIds: idsOf(devices) });
  return rig;
}

const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => deviceId(index));

const devicesOf = async (rig: RolloutRig) => {
  const devices = [];
  for await (const { device } of rig.driver.devices(await rig.record('r'))) devices.push(device);
  return devices;
};

describe('a roll-out via direct calls', () => {
  it('calls each device of its batches without a hub job, at most 32 at once', async () => {
    const rig = new RolloutRig({ devices: 100 });
    rig.hub.callMs = 500;
    await rig.start('r', { via: 'direct', batchSize: 80 }, { deviceIds: idsOf(100) });
    expect(await rig.until('r', 'completed')).toMatchObject({ outcome: 'succeeded', jobCount: 0 });
    expect([rig.hub.jobs.size, rig.hub.calls.size, rig.hub.mostCalls]).toEqual([0, 100, 32]);
    expect(new Set(rig.hub.calls.values())).toEqual(new Set([1]));
  });

  it('needs no place of the hub', async () => {
    const rig = new RolloutRig({ devices: 2, maxJobs: 1 });
    rig.hub.jobMs = 3_600_000;
    await rig.start('busy', {}, { deviceIds: [deviceId(0)] });
    await rig.clock.advanceAsync(1000);
    await rig.start('r', { via: 'direct' }, { deviceIds: [deviceId(1)] });
    expect((await rig.until('r', 'completed')).outcome).toBe('succeeded');
    expect((await rig.record('busy')).state).toBe('running');
  });

  it('has the states of devices that hub jobs have, and retries them', async () => {
    const rig = new RolloutRig({ devices: 5 });
    rig.hub.offline.add(deviceId(1));
    rig.hub.script = (id, calls) =>
      id === deviceId(2) ? { status: 503 } : id === deviceId(3) ? { error: 'x' } : { status: 200, payload: { calls } };
    const deviceIds = [...idsOf(5), 'nobody'];
    await rig.start('r', { via: 'direct', retries: 1, retryOn: ['refused'] }, { deviceIds });
    await rig.until('r', 'completed');
    expect(
      (await devicesOf(rig)).map(({ state, errorCode, methodStatus, attempts }) => [
        state,
        errorCode ?? methodStatus,
        attempts,
      ]),
    ).toEqual([
      ['succeeded', 200, 1],
      ['offline', 'DeviceNotOnline', 1],
      ['refused', 503, 2],
      ['timedOut', 'GatewayTimeout', 1],
      ['succeeded', 200, 1],
      ['notFound', 'NotInHub', 1],
    ]);
  });

  it('waits for devices that are not connected', async () => {
    const rig = new RolloutRig({ devices: 2 });
    rig.hub.offline.add(deviceId(1));
    await rig.start('r', { via: 'direct', offlineDevices: 'wait' }, { deviceIds: idsOf(2) });
    await rig.clock.advanceAsync(5000);
    expect(await rig.deviceStates('r')).toEqual({ [deviceId(0)]: 'succeeded', [deviceId(1)]: 'waiting' });
    rig.hub.offline.clear();
    expect((await rig.until('r', 'completed')).outcome).toBe('succeeded');
  });

  it('fails nothing while the hub is away, and calls the devices afterwards', async () => {
    const rig = await directRig(3);
    rig.hub.failCall = () => new AgentError('HubUnavailable', 'away');
    await rig.clock.advanceAsync(120_000);
    expect([await rig.waitingFor('r'), rig.hub.calls.size]).toEqual(['hub', 0]);
    rig.hub.failCall = () => undefined;
    await rig.clock.advanceAsync(60_000);
    expect(await rig.record('r')).toMatchObject({ state: 'completed', counts: { succeeded: 3 } });
  });

  it('does not repeat a call that may have had its effect, and pauses if the hub refuses the method', async () => {
    const rig = await directRig(1);
    rig.hub.failCall = () => new AgentError('HubTimeout', 'lost', { context: { answerLost: true } });
    await rig.until('r', 'completed');
    expect(await devicesOf(rig)).toMatchObject([{ state: 'timedOut', errorCode: 'HubTimeout' }]);
    const other = await directRig(1);
    other.hub.failCall = () => new AgentError('HubRejected', 'bad');
    expect((await other.until('r', 'paused')).reason).toBe('jobRejected');
    expect(await other.deviceStates('r')).toEqual({ [deviceId(0)]: 'pending' });
  });

  it('notes open calls while it is paused or being cancelled, and begins no others', async () => {
    const rig = new RolloutRig({ devices: 40 });
    rig.hub.callMs = 10_000;
    await rig.start('r', { via: 'direct' }, { deviceIds: idsOf(40) });
    await rig.clock.advanceAsync(1000);
    await rig.command('r', (work) => pause(work));
    await rig.clock.advanceAsync(60_000);
    expect(await rig.record('r')).toMatchObject({ state: 'paused', counts: { succeeded: 32, pending: 8 } });
    await rig.command('r', (work) => cancel(work));
    expect((await rig.record('r')).counts).toEqual({ succeeded: 32, cancelled: 8 });
    const other = new RolloutRig({ devices: 40 });
    other.hub.callMs = 10_000;
    await other.start('r', { via: 'direct' }, { deviceIds: idsOf(40) });
    await other.clock.advanceAsync(1000);
    expect((await other.command('r', (work) => cancel(work))).state).toBe('cancelling');
    expect((await other.until('r', 'cancelled')).counts).toEqual({ succeeded: 32, cancelled: 8 });
  });

  it('ends a call that a crash has cut off as timedOut, without a second call', async () => {
    const rig = new RolloutRig({ devices: 2 });
    const mortal = new Mortal(rig.store, rig.hub, Infinity, true);
    rig.environment = { store: mortal.store, hub: mortal.hub, devices: mortal.devices };
    await rig.restart();
    rig.hub.callMs = 60_000;
    await rig.start('r', { via: 'direct' }, { deviceIds: idsOf(2) });
    await rig.clock.advanceAsync(1000);
    mortal.kill();
    rig.environment = {};
    await rig.restart();
    expect((await rig.until('r', 'completed')).counts).toEqual({ timedOut: 2 });
    expect([...rig.hub.calls.values()]).toEqual([1, 1]);
  });

  it('stores at a stop how calls end that take no longer than a moment', async () => {
    const rig = new RolloutRig({ devices: 2 });
    rig.hub.callMs = 2000;
    await rig.start('r', { via: 'direct' }, { deviceIds: idsOf(2) });
    await rig.clock.advanceAsync(1000);
    const stopped = rig.driver.stop();
    await rig.clock.advanceAsync(1500);
    await stopped;
    await rig.restart();
    expect((await rig.until('r', 'completed')).counts).toEqual({ succeeded: 2 });
  });
});
