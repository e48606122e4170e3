/**
 * The methods of wrappers/device-maintenance, checked by the stub that is generated for device developers. The
 * simulated devices add defaults of their own, so that the methods can be called without a wrapper as well.
 */
import {
  type CollectDiagnosticsPayload,
  PayloadError,
  type RebootDevicesPayload,
  type UpdateFirmwarePayload,
  checkCollectDiagnosticsPayload,
  checkRebootDevicesPayload,
  checkUpdateFirmwarePayload,
} from './device-maintenance-stub.js';

/** The handlers by method name. */
export const MAINTENANCE_METHODS: readonly (readonly [name: string, method: Method])[] = [
  ['reboot', checked({ delaySeconds: 0 }, checkRebootDevicesPayload, reboot)],
  ['firmwareUpdate', checked({ options: { reboot: true, protocol: 1 } }, checkUpdateFirmwarePayload, firmwareUpdate)],
  ['getDiagnostics', checked({ detail: 'summary' }, checkCollectDiagnosticsPayload, getDiagnostics)],
];

/**
 * Wraps a method so that the stub checks its payload, with the defaults of the device; an invalid payload is answered
 * 400.
 */
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

/** Responds with the time of the reboot and reports `lastReboot` at that time. The connection stays open. */
function reboot({ delaySeconds }: RebootDevicesPayload, { nowMs }: MethodSubject): MethodAnswer {
  const afterMs = delaySeconds * 1000;
  const lastReboot = new Date(nowMs + afterMs).toISOString();
  return { ...answer(200, { rebooting: true, delaySeconds }), report: { afterMs, properties: { lastReboot } } };
}

/** Accepts at once, and later reports the new firmware and the version of each component. */
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

/** The response of a simulated device to a method. */
export interface MethodAnswer {
  readonly status: number;
  readonly payload: unknown;
  /** How long the response takes, in addition to the fleet's latency. */
  readonly delayMs: number;
  /** Properties that the device reports after the method; `afterMs` counts from the response. */
  readonly report?: { readonly afterMs: number; readonly properties: Readonly<Record<string, unknown>> };
}

/** The state of the device that a method can read. */
export interface MethodSubject {
  readonly deviceId: string;
  readonly isFailing: boolean;
  readonly upSinceMs: number;
  readonly nowMs: number;
  /** Returns the firmware that the device reports, if any. */
  readonly firmware: () => unknown;
}

export type Method = (payload: unknown, subject: MethodSubject) => MethodAnswer;

/** Creates an immediate response. */
export function answer(status: number, payload: unknown): MethodAnswer {
  return { status, payload, delayMs: 0 };
}
