/**
 * The methods of wrappers/device-maintenance, checked by the stub that is generated for the developer of a device. The
 * simulated devices have defaults of their own besides, so that the methods can be called without a wrapper too.
 */
import {
  checkCollectDiagnosticsPayload,
  checkRebootDevicesPayload,
  checkUpdateFirmwarePayload,
  type CollectDiagnosticsPayload,
  PayloadError,
  type RebootDevicesPayload,
  type UpdateFirmwarePayload,
} from './device-maintenance-stub.js';
import { answer, type Method, type MethodAnswer, type MethodSubject } from './method-answer.js';

/** By the names that the devices know. */
export const MAINTENANCE_METHODS: readonly (readonly [name: string, method: Method])[] = [
  ['reboot', checked({ delaySeconds: 0 }, checkRebootDevicesPayload, reboot)],
  ['firmwareUpdate', checked({ options: { reboot: true, protocol: 1 } }, checkUpdateFirmwarePayload, firmwareUpdate)],
  ['getDiagnostics', checked({ detail: 'summary' }, checkCollectDiagnosticsPayload, getDiagnostics)],
];

/** A method whose payload, with the device's defaults, the stub has checked; one that does not fit is answered 400. */
function checked<Payload>(
  defaults: object,
  check: (payload: unknown) => Payload,
  handle: (payload: Payload, subject: MethodSubject) => MethodAnswer,
): Method {
  return (payload, subject) => {
    const isObject = typeof payload === 'object' && !Array.isArray(payload);
    const given = payload === undefined || isObject ? { ...defaults, ...payload } : payload;
    try {
      return handle(check(given), subject);
    } catch (error) {
      if (error instanceof PayloadError) return answer(400, { error: error.message });
      throw error;
    }
  };
}

/** Tells when it will be back, and reports `lastReboot` then. The connection stays. */
function reboot({ delaySeconds }: RebootDevicesPayload, { nowMs }: MethodSubject): MethodAnswer {
  const afterMs = delaySeconds * 1000;
  const lastReboot = new Date(nowMs + afterMs).toISOString();
  return { ...answer(200, { rebooting: true, delaySeconds }), report: { afterMs, properties: { lastReboot } } };
}

/** Accepts at once, and reports what it then has: the firmware, and the version of each component. */
function firmwareUpdate(payload: UpdateFirmwarePayload, { nowMs }: MethodSubject): MethodAnswer {
  const { version, components = [], notBefore } = payload;
  const afterMs = Math.max(0, (notBefore === undefined ? nowMs : Date.parse(notBefore)) - nowMs);
  const versions = Object.fromEntries(
    components.flatMap(({ component, version: installed }) =>
      component === undefined || installed === undefined ? [] : [[component.replaceAll(/[.$\s]/g, '_'), installed]],
    ),
  );
  const properties = {
    firmware: version,
    firmwareUpdatedTime: new Date(nowMs + afterMs).toISOString(),
    ...(components.length > 0 ? { components: versions } : {}),
  };
  return { ...answer(200, { version, components: components.length }), report: { afterMs, properties } };
}

function getDiagnostics(payload: CollectDiagnosticsPayload, subject: MethodSubject): MethodAnswer {
  const { deviceId, firmware, upSinceMs, nowMs } = subject;
  const { detail, maxLogLines = 0 } = payload;
  const up = new Date(upSinceMs).toISOString();
  return answer(200, {
    deviceId,
    firmware: firmware() ?? null,
    uptimeSeconds: Math.max(0, Math.round((nowMs - upSinceMs) / 1000)),
    time: new Date(nowMs).toISOString(),
    ...(detail === 'full' || maxLogLines > 0 ? { log: [`${up} started`].slice(0, maxLogLines || 1) } : {}),
  });
}
