import { describe, expect, it } from '@jest/globals';
import {
  checkRebootDevicesPayload,
  checkUpdateFirmwarePayload,
  type DeviceMaintenanceMethods,
  PayloadError,
  registerDeviceMaintenanceDesired,
  registerDeviceMaintenanceMethods,
} from '../../../wrappers/device-maintenance/device/device-maintenance.js';

type Client = Parameters<typeof registerDeviceMaintenanceMethods>[0];
type Twin = Parameters<typeof registerDeviceMaintenanceDesired>[0];
type MethodListener = (request: unknown, response: unknown) => void;

/** Calls methods of a stub without a network. */
function fakeClient(handlers: DeviceMaintenanceMethods): (name: string, payload: unknown) => Promise<unknown> {
  const listeners = new Map<string, MethodListener>();
  const client = { onDeviceMethod: (name: string, listener: MethodListener) => void listeners.set(name, listener) };
  registerDeviceMaintenanceMethods(client as unknown as Client, handlers);
  return (name, payload) =>
    new Promise((resolve) => {
      const send = (status: number, body: unknown): Promise<void> => {
        resolve({ status, body });
        return Promise.resolve();
      };
      listeners.get(name)?.({ methodName: name, payload }, { send });
    });
}

const HANDLERS: DeviceMaintenanceMethods = {
  reboot: ({ delaySeconds }) => ({ status: 200, payload: { delaySeconds } }),
  firmwareUpdate: ({ version, components = [] }) => ({ status: 202, payload: [version, components.length] }),
  getDiagnostics: () => {
    throw new Error('no log');
  },
};

describe('the stub of device-maintenance', () => {
  it('passes typed payloads to the handlers', async () => {
    const callMethod = fakeClient(HANDLERS);
    expect(await callMethod('reboot', { delaySeconds: 5 })).toEqual({ status: 200, body: { delaySeconds: 5 } });
    const update = { version: '1.2.3', components: [{ component: 'app' }], options: { reboot: true, protocol: 1 } };
    expect(await callMethod('firmwareUpdate', update)).toEqual({ status: 202, body: ['1.2.3', 1] });
  });

  it.each([
    [{}, '/delaySeconds is missing'],
    [null, '/delaySeconds is missing'],
    [{ delaySeconds: '5' }, '/delaySeconds must be of type integer'],
    [{ delaySeconds: 601 }, '/delaySeconds must be at most 600'],
    [[], 'the payload must be of type object'],
  ])('responds with 400 to %j', async (payload, error) => {
    expect(await fakeClient(HANDLERS)('reboot', payload)).toEqual({ status: 400, body: { error } });
  });

  it('responds with 500 if a handler throws', async () => {
    expect(await fakeClient(HANDLERS)('getDiagnostics', { detail: 'full' })).toEqual({
      status: 500,
      body: { error: 'no log' },
    });
  });

  it('can be used to check payloads without the stub', () => {
    expect(checkRebootDevicesPayload({ delaySeconds: 0, more: 1 })).toEqual({ delaySeconds: 0, more: 1 });
    const wrong = { version: '1.2', options: { reboot: true, protocol: 1 } };
    expect(() => checkUpdateFirmwarePayload(wrong)).toThrow(PayloadError);
    expect(() => checkUpdateFirmwarePayload({ version: '1.2.3', options: { reboot: true, protocol: 2 } })).toThrow(
      '/options/protocol must be 1',
    );
  });

  it('notifies handlers of desired properties that its services set, and of invalid ones', () => {
    const told: unknown[] = [];
    const twin = { on: (_event: string, listener: (desired: unknown) => void) => void (tell = listener) };
    let tell: (desired: unknown) => void = () => undefined;
    registerDeviceMaintenanceDesired(twin as unknown as Twin, {
      onSetTelemetryInterval: (desired) => void told.push(desired),
      onProblem: (problem) => void told.push(problem.message),
    });
    tell({ telemetryIntervalSeconds: 5, $version: 2, other: 1 });
    tell({ other: 1 });
    tell({ telemetryIntervalSeconds: null });
    tell({ telemetryIntervalSeconds: 0 });
    expect(told).toEqual([{ telemetryIntervalSeconds: 5 }, '/telemetryIntervalSeconds must be at least 1']);
  });
});
