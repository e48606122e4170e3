import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import { cancel, resume } from '../../../../src/rollouts/driver/commands.js';
import type { RolloutDefinition } from '../../../../src/rollouts/records/records.js';
import { deviceId, RolloutRig, type RigOptions } from '../../../support/rollouts/rig.js';

const CHECK_MS = 300_000;

async function continuousRig(
  devices: number,
  definition: Partial<RolloutDefinition> = {},
  options: RigOptions = {},
): Promise<RolloutRig> {
  const rig = new RolloutRig({ devices, ...options });
  await rig.start('r', { selection: 'continuous', ...definition });
  await rig.clock.advanceAsync(60_000);
  return rig;
}

/** Adds devices to the hub, and waits until their batches have ended. */
async function register(rig: RolloutRig, ...indexes: readonly number[]): Promise<void> {
  for (const index of indexes) rig.hub.devices.add(deviceId(index));
  await rig.clock.advanceAsync(CHECK_MS + 60_000);
}

const sizesOf = (rig: RolloutRig): number[] => [...rig.hub.jobs.values()].map(({ deviceIds }) => deviceIds.length);

describe('a continuous roll-out', () => {
  it('calls devices that match later in new batches, each once, and waits for more', async () => {
    const rig = await continuousRig(3, { batchSize: 2 });
    expect(await rig.record('r')).toMatchObject({ state: 'running', counts: { succeeded: 3 } });
    expect((await rig.driver.status('r')).waiting).toMatchObject({ waitingFor: 'devices' });
    await register(rig, 3, 4, 5);
    expect(await rig.record('r')).toMatchObject({ deviceCount: 6, counts: { succeeded: 6 }, batch: { batch: 4 } });
    expect(sizesOf(rig)).toEqual([2, 1, 2, 1]);
    expect([...rig.hub.calls.values()]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('keeps devices that leave, and does not call those again that come back', async () => {
    const rig = await continuousRig(2);
    rig.hub.devices.delete(deviceId(0));
    await register(rig, 2);
    await register(rig, 0);
    expect(await rig.record('r')).toMatchObject({ deviceCount: 3, counts: { succeeded: 3 } });
    expect(rig.hub.callsOf(deviceId(0))).toBe(1);
  });

  it('begins without devices, and gives the canary to the first that join', async () => {
    const rig = await continuousRig(0, { canarySize: 1, batchSize: 2 });
    expect(await rig.record('r')).toMatchObject({ state: 'running', deviceCount: 0 });
    await register(rig, 0, 1, 2, 3);
    await register(rig, 4);
    expect(sizesOf(rig)).toEqual([1, 2, 1, 1]);
  });

  it('joins devices of several walks into the same batches while an earlier batch is open', async () => {
    const rig = await continuousRig(1, { batchSize: 3 });
    rig.hub.jobMs = 4 * CHECK_MS;
    await register(rig, 1);
    await register(rig, 2);
    await register(rig, 3, 4);
    rig.hub.jobMs = 1000;
    await rig.clock.advanceAsync(2 * CHECK_MS);
    expect(sizesOf(rig)).toEqual([1, 1, 3]);
    expect(await rig.record('r')).toMatchObject({ counts: { succeeded: 5 }, joined: [1, 3] });
  });

  it('plans the batches of many that join at once from all pages of the walk', async () => {
    const rig = await continuousRig(1, { batchSize: 900 });
    await register(rig, ...Array.from({ length: 2500 }, (_, index) => index + 1));
    await rig.until('r', 'running');
    await rig.clock.advanceAsync(600_000);
    const { joined, counts, batch } = await rig.record('r');
    expect({ joined, counts, batch: batch?.batch }).toEqual({ joined: [2500], counts: { succeeded: 2501 }, batch: 4 });
  });

  it('ends when it expires, or is cancelled', async () => {
    const rig = await continuousRig(2, { expiresAfterSeconds: 3600 });
    rig.hub.jobMs = 3_600_000;
    await rig.clock.advanceAsync(3_500_000);
    await register(rig, 2);
    expect(await rig.until('r', 'completed')).toMatchObject({ reason: 'expired' });
    const other = await continuousRig(2);
    expect((await other.command('r', (work) => cancel(work))).state).toBe('cancelled');
    await register(other, 2);
    expect(other.hub.calls.size).toBe(2);
  });

  it('stops for devices that join, too: by a rule, and by the success of the last batch', async () => {
    const rig = await continuousRig(2, {
      abort: [{ on: 'any', count: 1, minimumExecuted: 1, scope: 'rollout', action: 'pause' }],
    });
    rig.hub.script = () => ({ status: 500 });
    await register(rig, 2);
    expect(await rig.record('r')).toMatchObject({ state: 'paused', reason: 'abort' });
    await register(rig, 3);
    expect(rig.hub.callsOf(deviceId(3))).toBe(0);
    await rig.command('r', (work) => resume(work, false));
    rig.hub.script = () => ({ status: 200 });
    await rig.clock.advanceAsync(CHECK_MS);
    expect(rig.hub.callsOf(deviceId(3))).toBe(1);
    const other = await continuousRig(2, { successPercent: 50 });
    other.hub.script = () => ({ status: 500 });
    await register(other, 2);
    expect(await other.record('r')).toMatchObject({ state: 'paused', reason: 'successPercent' });
  });

  it.each([
    ['maxDevicesPerRollout', { maxDevicesPerRollout: 3 }],
    ['approvalAbove', { approvalAbove: 3 }],
  ])('pauses before more devices join than guards.%s allows', async (name, guards) => {
    const rig = await continuousRig(2, {}, { environment: { guards } });
    await register(rig, 2);
    await register(rig, 3);
    expect(await rig.record('r')).toMatchObject({ state: 'paused', reason: 'jobRejected', deviceCount: 3 });
    expect((await rig.history('r')).at(-1)?.comment).toContain(`guards.${name}`);
    expect(rig.hub.calls.size).toBe(3);
  });

  it('goes on when the hub is back, and pauses when the hub refuses its condition', async () => {
    const rig = await continuousRig(1);
    rig.hub.fail = (operation) => (operation === 'query' ? new AgentError('HubUnavailable', 'away') : undefined);
    await register(rig, 1);
    expect(await rig.waitingFor('r')).toBe('hub');
    rig.hub.fail = () => undefined;
    await rig.clock.advanceAsync(60_000);
    expect((await rig.record('r')).counts).toEqual({ succeeded: 2 });
    rig.hub.fail = (operation) => (operation === 'query' ? new AgentError('HubRejected', 'bad') : undefined);
    await rig.clock.advanceAsync(CHECK_MS);
    expect(await rig.record('r')).toMatchObject({ state: 'paused', reason: 'jobRejected' });
  });
});
