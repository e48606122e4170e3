import { type Clock, sleep } from '../../../core/clock.js';
import type { DeviceScript, ScriptedCall } from '../../device-script.js';
import type { DeviceGateway, EndpointId, MethodCall, MethodOutcome } from '../ports.js';

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
