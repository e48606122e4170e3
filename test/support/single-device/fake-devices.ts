import { type Clock, systemClock } from '../../../src/core/clock.js';
import type { DeviceOperations } from '../../../src/iothub/device-ports.js';
import { createHubPort } from '../../../src/iothub/hub-port.js';
import type { HubPort, HubTier, QueryRequest } from '../../../src/iothub/ports.js';
import { tierLimits } from '../../../src/iothub/tier-limits.js';
import { FakeHub } from '../jobs/fake-hub.js';

/** A hub in memory that has every device it is asked for, and records what it is asked. */
export class FakeDevices {
  readonly calls: { readonly operation: string; readonly request: unknown }[] = [];
  readonly hub = new FakeHub();
  readonly #operations: DeviceOperations;

  constructor() {
    const record = (operation: string, request: unknown): void => void this.calls.push({ operation, request });
    const identity = (deviceId: string) => ({ deviceId, status: 'enabled', etag: 'e1' });
    this.#operations = {
      invokeMethod: async (_context, target, call) => {
        record('invokeMethod', { ...target, ...call });
        return { status: 200, payload: null };
      },
      getTwin: async (_context, target) => {
        record('getTwin', target);
        return { ...target };
      },
      updateTwin: async (_context, target, update) => {
        record('updateTwin', { ...target, ...update });
        return { ...target };
      },
      getIdentity: async (_context, deviceId) => {
        record('getIdentity', deviceId);
        return identity(deviceId);
      },
      putIdentity: async (_context, deviceId, write) => {
        record('putIdentity', write);
        return { ...write.identity, deviceId };
      },
      deleteIdentity: async (_context, deviceId, etag) => {
        record('deleteIdentity', { deviceId, etag });
        return true;
      },
    };
  }

  port(options: { readonly tier?: HubTier; readonly clock?: Clock } = {}): HubPort {
    return createHubPort({
      hostName: 'hub.test',
      operations: this.hub.operations,
      devices: this.#operations,
      limits: tierLimits(options.tier ?? 'unlimited', 1),
      clock: options.clock ?? systemClock,
      close: () => undefined,
    });
  }

  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  /** The queries that were sent. */
  get queries(): QueryRequest[] {
    return this.hub.calls.map(({ request }) => request as QueryRequest);
  }
}
