import { beforeEach, describe, expect, it } from '@jest/globals';
import { joinGateways } from '../../../../../src/sandbox/iothub/devices/gateways';
import { createLightDevices, type LightDevices } from '../../../../../src/sandbox/iothub/devices/light-devices';
import type { DeviceGateway, MethodCall } from '../../../../../src/sandbox/iothub/ports';
import type { FleetBehaviour } from '../../../../../src/sandbox/fleet/behaviour';
import { FakeDirectory } from '../../../../support/sandbox/devices/fake-directory';
import { ManualClock } from '../../../../support/manual-clock';

const IDS = ['l0', 'l1', 'l2', 'l3', 'l4', 'l5', 'l6', 'l7', 'l8', 'l9'];

const call = (more: Partial<MethodCall> = {}): MethodCall => ({
  methodName: 'echo',
  payload: { a: 1 },
  connectTimeoutMs: 0,
  responseTimeoutMs: 30_000,
  ...more,
});

describe('light devices', () => {
  let directory: FakeDirectory;
  let clock: ManualClock;

  beforeEach(() => {
    directory = new FakeDirectory();
    clock = new ManualClock();
  });

  const create = (behaviour: Partial<FleetBehaviour> = {}): LightDevices =>
    createLightDevices({
      directory,
      deviceIds: IDS,
      clock,
      behaviour: { offlineShare: 0, failingShare: 0, latencyMs: 0, reconnectSeconds: 0, ...behaviour },
    });

  const reportOf = (deviceId: string): Promise<unknown> =>
    new Promise((resolve) => {
      directory.onReported = (key, patch) => key === deviceId && resolve(patch);
    });

  it('count as connected, except for those configured to stay offline', () => {
    const devices = create({ offlineShare: 0.3 });
    const online = IDS.filter((deviceId) => devices.isConnected({ deviceId }));
    expect(online).toHaveLength(7);
    expect(online.every((deviceId) => directory.connected.get(deviceId))).toBe(true);
    expect(directory.connected.size).toBe(7);
    expect(devices.isConnected({ deviceId: 'stranger' })).toBe(false);
    expect(devices.isConnected({ deviceId: 'l0', moduleId: 'm' })).toBe(false);
  });

  it('report their initial desired properties once', async () => {
    directory.desired.set('l0', { firmware: '2', interval: 5 });
    directory.reported.set('l0', { interval: 5 });
    directory.desired.set('l1', { firmware: '2' });
    directory.reported.set('l1', { firmware: '2' });
    const reported = reportOf('l0');
    create();
    await expect(reported).resolves.toEqual({ firmware: '2' });
  });

  it('apply desired properties when they change', async () => {
    const devices = create();
    const reported = reportOf('l3');
    devices.notifyDesired({ deviceId: 'l3' }, { interval: 9, old: null }, 2);
    await expect(reported).resolves.toEqual({ interval: 9, old: null });
  });

  it.each([
    ['echo', { x: [1] }, 200, { x: [1] }],
    ['echo', undefined, 200, null],
    ['failing', null, 500, { error: 'This method always fails.' }],
    ['reboot', { delaySeconds: 5 }, 200, { rebooting: true, delaySeconds: 5 }],
    ['reboot', { delaySeconds: 'soon' }, 400, { error: '/delaySeconds must be of type integer' }],
    ['slow', { delaySeconds: -1 }, 400, { error: 'delaySeconds must be a number from 0 to 3600.' }],
    [
      'getDiagnostics',
      null,
      200,
      { deviceId: 'l0', firmware: null, uptimeSeconds: 0, time: '2026-01-01T00:00:00.000Z' },
    ],
  ])('answer %s with %j by %d', async (methodName, payload, status, answer) => {
    const outcome = await create().invokeMethod({ deviceId: 'l0' }, call({ methodName, payload }));
    expect(outcome).toEqual({ kind: 'answered', status, payload: answer });
  });

  it('answer 500 to every method if they are configured to fail', async () => {
    const devices = create({ failingShare: 0.5 });
    const outcomes = await Promise.all(IDS.map((deviceId) => devices.invokeMethod({ deviceId }, call())));
    expect(outcomes.filter((outcome) => outcome.kind === 'answered' && outcome.status === 500)).toHaveLength(5);
  });

  it('report lastReboot after the delay', async () => {
    const devices = create();
    await devices.invokeMethod({ deviceId: 'l0' }, call({ methodName: 'reboot', payload: { delaySeconds: 2 } }));
    expect(directory.reported.has('l0')).toBe(false);
    const reported = reportOf('l0');
    clock.advance(2000);
    await expect(reported).resolves.toEqual({ lastReboot: '2026-01-01T00:00:02.000Z' });
  });

  it('answer after the configured latency', async () => {
    const devices = create({ latencyMs: 100 });
    const slow = devices.invokeMethod({ deviceId: 'l0' }, call({ methodName: 'slow', payload: { delaySeconds: 1 } }));
    const late = devices.invokeMethod({ deviceId: 'l0' }, call({ methodName: 'slow', responseTimeoutMs: 500 }));
    const unknown = devices.invokeMethod({ deviceId: 'l0' }, call({ methodName: 'x', responseTimeoutMs: 500 }));
    clock.advance(1100);
    await expect(slow).resolves.toMatchObject({ status: 200 });
    await expect(late).resolves.toEqual({ kind: 'noAnswer' });
    await expect(unknown).resolves.toEqual({ kind: 'noAnswer' });
    expect(clock.armed).toBe(0);
  });

  it('can be stopped and started', async () => {
    const devices = create();
    const open = devices.invokeMethod({ deviceId: 'l0' }, call({ methodName: 'slow' }));
    expect(devices.stop('l0')).toBe(true);
    await expect(open).resolves.toEqual({ kind: 'disconnected' });
    expect(directory.connected.get('l0')).toBe(false);
    await expect(devices.invokeMethod({ deviceId: 'l0' }, call())).resolves.toEqual({ kind: 'notOnline' });
    const waiting = devices.invokeMethod({ deviceId: 'l0' }, call({ connectTimeoutMs: Infinity }));
    expect(devices.start('l0')).toBe(true);
    await expect(waiting).resolves.toMatchObject({ status: 200 });
    expect(directory.connected.get('l0')).toBe(true);
    expect(devices.start('stranger') || devices.stop('stranger')).toBe(false);
  });

  it('reconnect after the hub disconnected them, once they may and only if they were online', () => {
    const devices = create();
    devices.disconnect({ deviceId: 'l0' });
    devices.disconnect({ deviceId: 'l0' });
    expect(directory.connected.get('l0')).toBe(false);
    devices.welcome({ deviceId: 'l0' });
    expect(directory.connected.get('l0')).toBe(true);
    devices.stop('l0');
    devices.disconnect({ deviceId: 'l0' });
    devices.welcome({ deviceId: 'l0' });
    expect(directory.connected.get('l0')).toBe(false);
  });

  it('end calls that are aborted or time out', async () => {
    const devices = create({ offlineShare: 1 });
    const waiting = devices.invokeMethod({ deviceId: 'l0' }, call({ connectTimeoutMs: 1000 }));
    clock.advance(1000);
    await expect(waiting).resolves.toEqual({ kind: 'notOnline' });
    devices.start('l0');
    const abort = new AbortController();
    const slow = devices.invokeMethod({ deviceId: 'l0' }, call({ methodName: 'slow', signal: abort.signal }));
    abort.abort();
    await expect(slow).resolves.toEqual({ kind: 'noAnswer' });
  });

  it('are replaced by a client that connects under their id', async () => {
    const connected = new Set<string>();
    const network: DeviceGateway = {
      isConnected: ({ deviceId }) => connected.has(deviceId),
      invokeMethod: () => Promise.resolve({ kind: 'answered', status: 299, payload: null }),
      notifyDesired: () => undefined,
      disconnect: ({ deviceId }) => void connected.delete(deviceId),
    };
    const both = joinGateways(network, create());
    await expect(both.invokeMethod({ deviceId: 'l0' }, call())).resolves.toMatchObject({ status: 200 });
    connected.add('l0');
    await expect(both.invokeMethod({ deviceId: 'l0' }, call())).resolves.toMatchObject({ status: 299 });
    await expect(both.invokeMethod({ deviceId: 'other' }, call())).resolves.toMatchObject({ status: 299 });
    both.disconnect({ deviceId: 'l0' });
    expect(both.isConnected({ deviceId: 'l0' })).toBe(false);
  });
});
