import type { DeviceGateway, EndpointId } from '../ports.js';

/** How often each device has received each direct method since the hub was started, whoever called it. */
export class MethodCalls {
  readonly #counts = new Map<string, Map<string, number>>();

  add({ deviceId, moduleId }: EndpointId, methodName: string): void {
    const name = moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
    const counts = this.#counts.get(name) ?? new Map<string, number>();
    this.#counts.set(name, counts.set(methodName, (counts.get(methodName) ?? 0) + 1));
  }

  /** By device (`<device>/<module>` for modules), then by method. What was never called is left out. */
  byDevice(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.#counts].map(([name, counts]) => [name, Object.fromEntries(counts)]));
  }
}

/** The way to devices, where every call that reaches one is counted. */
export function countingGateway(gateway: DeviceGateway, calls: MethodCalls): DeviceGateway {
  return {
    isConnected: (id) => gateway.isConnected(id),
    invokeMethod: async (id, call) => {
      const outcome = await gateway.invokeMethod(id, call);
      if (outcome.kind !== 'notOnline') calls.add(id, call.methodName);
      return outcome;
    },
    notifyDesired: (id, patch, version) => gateway.notifyDesired(id, patch, version),
    disconnect: (id) => gateway.disconnect(id),
    welcome: (id) => gateway.welcome?.(id),
  };
}
