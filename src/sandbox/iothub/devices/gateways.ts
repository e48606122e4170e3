import type { DeviceGateway, EndpointId, MethodCall, MethodOutcome } from '../ports.js';
import type { LightDevices } from './light-devices.js';
import { type Clock, sleep } from '../../../core/clock.js';
import type { DeviceScript, ScriptedCall } from '../../device-script.js';

/**
 * Joins two gateways: light devices are reached inside the hub, unless a client has connected under their id;
 * all other devices over the network.
 */
export function joinGateways(network: DeviceGateway, light: LightDevices): DeviceGateway {
  const gatewayOf = (id: EndpointId): DeviceGateway => {
    const isLight = id.moduleId === undefined && light.has(id.deviceId) && !network.isConnected(id);
    return isLight ? light : network;
  };
  return {
    isConnected: (id) => gatewayOf(id).isConnected(id),
    invokeMethod: (id, call) => gatewayOf(id).invokeMethod(id, call),
    notifyDesired: (id, patch, version) => gatewayOf(id).notifyDesired(id, patch, version),
    disconnect: (id) => {
      network.disconnect(id);
      if (id.moduleId === undefined) light.disconnect(id);
    },
    welcome: (id) => {
      if (id.moduleId === undefined) light.welcome(id);
    },
  };
}

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

export interface ScriptedDevices {
  readonly script: DeviceScript;
  /** Whether a device is simulated; the script is for no other. */
  readonly isSimulated: (deviceId: string) => boolean;
}

/** A method that simulated devices answer at once: what the script lets fail is really called. */
const FAILING_METHOD = 'failing';

/** The way to devices, with what a script says about them. */
export function scriptedGateway(
  gateway: DeviceGateway,
  { script, isSimulated }: ScriptedDevices,
  clock: Clock,
): DeviceGateway {
  return {
    isConnected: (id) => gateway.isConnected(id),
    invokeMethod: async (id, call) => {
      const scripted = isScripted(id) ? script.call(id.deviceId, call.methodName) : undefined;
      if (!scripted) return await gateway.invokeMethod(id, call);
      const method = scripted.failure === undefined ? call : { ...call, methodName: FAILING_METHOD };
      return await delayed(replaced(await gateway.invokeMethod(id, method), scripted), call, scripted, clock);
    },
    notifyDesired: (id, patch, version) => gateway.notifyDesired(id, patch, version),
    disconnect: (id) => gateway.disconnect(id),
    welcome: (id) => gateway.welcome?.(id),
  };

  function isScripted({ deviceId, moduleId }: EndpointId): boolean {
    return moduleId === undefined && isSimulated(deviceId);
  }
}

function replaced(outcome: MethodOutcome, { failure }: ScriptedCall): MethodOutcome {
  if (failure === undefined || outcome.kind !== 'answered') return outcome;
  return { kind: 'answered', status: failure, payload: { error: 'The device script lets this call fail.' } };
}

/** An answer that takes longer than the caller waits is none. */
async function delayed(
  outcome: MethodOutcome,
  { responseTimeoutMs, signal }: MethodCall,
  { delayMs }: ScriptedCall,
  clock: Clock,
): Promise<MethodOutcome> {
  if (delayMs === 0 || outcome.kind !== 'answered') return outcome;
  try {
    await sleep(clock, Math.min(delayMs, responseTimeoutMs), signal);
  } catch {
    return { kind: 'noAnswer' };
  }
  return delayMs > responseTimeoutMs ? { kind: 'noAnswer' } : outcome;
}
