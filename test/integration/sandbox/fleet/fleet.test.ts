import { afterEach, describe, expect, it } from '@jest/globals';
import { type Fleet, startFleet } from '../../../../src/sandbox/fleet/fleet';
import { type DeviceGateway, startDeviceGateway } from '../../../support/sandbox/devices/device-gateway';

const IDS = Array.from({ length: 10 }, (_, index) => `device-${index}`);

/** Runs simulated devices, built on the SDK and in their own process, against the device side of the hub. */
describe('the fleet', () => {
  const open: { close(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const item of open.splice(0).reverse()) await item.close();
  });

  async function startHub(mqttPort?: number): Promise<DeviceGateway> {
    const hub = await startDeviceGateway({ devices: IDS, ...(mqttPort === undefined ? {} : { mqttPort }) });
    open.push(hub);
    return hub;
  }

  async function start(
    hub: DeviceGateway,
    behaviour: Partial<NonNullable<Parameters<typeof startFleet>[0]['behaviour']>> = {},
  ): Promise<Fleet> {
    const fleet = await startFleet({
      devices: IDS.map((deviceId) => ({ deviceId, connectionString: hub.connectionString(deviceId) })),
      caPem: hub.caPem,
      behaviour: { offlineShare: 0, failingShare: 0, latencyMs: 0, reconnectSeconds: 0, ...behaviour },
    });
    open.push(fleet);
    return fleet;
  }

  const call = (hub: DeviceGateway, deviceId: string, methodName: string, payload: unknown) =>
    hub.gateway.invokeMethod({ deviceId }, { methodName, payload, connectTimeoutMs: 5000, responseTimeoutMs: 5000 });

  it('is online once it has started, and responds to methods', async () => {
    const hub = await startHub();
    const fleet = await start(hub);
    expect(IDS.every((id) => fleet.isOnline(id))).toBe(true);
    const answers = await Promise.all(IDS.map((id) => call(hub, id, 'echo', { id })));
    expect(answers).toEqual(IDS.map((id) => ({ kind: 'answered', status: 200, payload: { id } })));
    await expect(call(hub, 'device-0', 'echo', undefined)).resolves.toMatchObject({ status: 200, payload: null });
    const exact = { id: 7615917337495251231n, list: [-(2n ** 64n), 1.5, null, 'x'] };
    await expect(call(hub, 'device-0', 'echo', exact)).resolves.toMatchObject({ status: 200, payload: exact });
    for (const payload of [9007199254740993n, '"9007199254740993"', '', 0, false, []]) {
      await expect(call(hub, 'device-0', 'echo', payload)).resolves.toMatchObject({ status: 200, payload });
    }
    await expect(call(hub, 'device-0', 'reboot', { delaySeconds: 2n ** 63n })).resolves.toMatchObject({ status: 400 });
    await expect(call(hub, 'device-0', 'failing', null)).resolves.toMatchObject({ status: 500 });
    await expect(call(hub, 'device-0', 'getDiagnostics', null)).resolves.toMatchObject({
      status: 200,
      payload: { deviceId: 'device-0' },
    });
  });

  it('applies desired properties, including those set before it started', async () => {
    const hub = await startHub();
    const reported = (wanted: unknown): Promise<void> =>
      new Promise((resolve) => {
        hub.directory.onReported = (key, patch) => {
          if (key === 'device-3' && JSON.stringify(patch) === JSON.stringify(wanted)) resolve();
        };
      });
    hub.directory.desired.set('device-3', { firmware: '2.0.0' });
    const first = reported({ firmware: '2.0.0' });
    await start(hub);
    await first;
    const second = reported({ interval: 7 });
    hub.gateway.notifyDesired({ deviceId: 'device-3' }, { interval: 7 }, 2);
    await second;
    expect(hub.directory.reported.get('device-3')).toEqual({ firmware: '2.0.0', interval: 7 });
  });

  it('stops and starts single devices', async () => {
    const hub = await startHub();
    const fleet = await start(hub);
    await expect(fleet.stop('device-4')).resolves.toBe(true);
    expect(fleet.isOnline('device-4')).toBe(false);
    await expect(
      hub.gateway.invokeMethod(
        { deviceId: 'device-4' },
        { methodName: 'echo', payload: 1, connectTimeoutMs: 0, responseTimeoutMs: 5000 },
      ),
    ).resolves.toEqual({ kind: 'notOnline' });
    await expect(fleet.start('device-4')).resolves.toBe(true);
    await expect(call(hub, 'device-4', 'echo', 1)).resolves.toMatchObject({ status: 200 });
    await expect(fleet.stop('stranger')).resolves.toBe(false);
  });

  it('has the configured shares of offline and of failing devices', async () => {
    const hub = await startHub();
    const fleet = await start(hub, { offlineShare: 0.2, failingShare: 0.3 });
    const online = IDS.filter((id) => fleet.isOnline(id));
    expect(online).toHaveLength(8);
    const answers = await Promise.all(online.map((id) => call(hub, id, 'echo', 1)));
    expect(answers.filter((answer) => answer.kind === 'answered' && answer.status === 500)).toHaveLength(3);
  });

  it('drops its connections at the configured interval and reconnects', async () => {
    const hub = await startHub();
    const cycle = new Promise<void>((resolve) => {
      const dropped = new Set<string>();
      hub.directory.onConnected = (key, isConnected) => {
        if (!isConnected) dropped.add(key);
        else if (dropped.has(key)) resolve();
      };
    });
    await start(hub, { reconnectSeconds: 1 });
    await cycle;
    await expect(call(hub, 'device-0', 'echo', 1)).resolves.toMatchObject({ kind: 'answered' });
  });

  it('reconnects by itself after the hub was unavailable', async () => {
    const hub = await startHub();
    await start(hub);
    open.splice(open.indexOf(hub), 1);
    await hub.close();
    const again = await startHub(hub.mqttPort);
    const answers = await Promise.all(IDS.map((id) => call(again, id, 'echo', 1)));
    expect(answers.every((answer) => answer.kind === 'answered')).toBe(true);
  });
});
