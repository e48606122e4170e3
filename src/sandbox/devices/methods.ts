/** What a simulated device answers to a method. */
export interface MethodAnswer {
  readonly status: number;
  readonly payload: unknown;
  /** How long it takes, before the fleet's latency. */
  readonly delayMs: number;
  /** Reported properties that follow from the method, and when, counted from the answer. */
  readonly report?: { readonly afterMs: number; readonly properties: Readonly<Record<string, unknown>> };
}

/** What a method may want to know of the device that answers it. */
export interface MethodSubject {
  readonly deviceId: string;
  readonly isFailing: boolean;
  readonly upSinceMs: number;
  readonly nowMs: number;
  /** The firmware that it reports, if any. */
  readonly firmware: () => unknown;
}

type Method = (payload: unknown, subject: MethodSubject) => MethodAnswer;

const DEFAULT_SLOWNESS_SECONDS = 10;
const MAX_DELAY_SECONDS = 3600;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['echo', (payload) => answer(200, payload ?? null)],
  ['reboot', reboot],
  ['getDiagnostics', getDiagnostics],
  ['failing', () => answer(500, { error: 'This method always fails.' })],
  ['slow', slow],
]);

/** The names of the methods that simulated devices know. */
export const METHOD_NAMES: readonly string[] = [...METHODS.keys()];

/**
 * What a simulated device does with a method; `undefined` for one that it does not know: it is silent then, as devices
 * on the Azure SDK for Node.js are.
 */
export function answerMethod(name: string, payload: unknown, subject: MethodSubject): MethodAnswer | undefined {
  const method = METHODS.get(name);
  if (!method) return undefined;
  return subject.isFailing ? answer(500, { error: 'This device fails.' }) : method(payload, subject);
}

function answer(status: number, payload: unknown): MethodAnswer {
  return { status, payload, delayMs: 0 };
}

/** Tells when it will be back, and reports `lastReboot` then. The connection stays. */
function reboot(payload: unknown, { nowMs }: MethodSubject): MethodAnswer {
  const delaySeconds = delaySecondsOf(payload, 0);
  if (delaySeconds === undefined)
    return answer(400, { error: `delaySeconds is a number from 0 to ${MAX_DELAY_SECONDS}.` });
  const afterMs = delaySeconds * 1000;
  const lastReboot = new Date(nowMs + afterMs).toISOString();
  return { ...answer(200, { rebooting: true, delaySeconds }), report: { afterMs, properties: { lastReboot } } };
}

function getDiagnostics(_payload: unknown, subject: MethodSubject): MethodAnswer {
  const { deviceId, firmware, upSinceMs, nowMs } = subject;
  return answer(200, {
    deviceId,
    firmware: firmware() ?? null,
    uptimeSeconds: Math.max(0, Math.round((nowMs - upSinceMs) / 1000)),
    time: new Date(nowMs).toISOString(),
  });
}

function slow(payload: unknown): MethodAnswer {
  const delaySeconds = delaySecondsOf(payload, DEFAULT_SLOWNESS_SECONDS);
  if (delaySeconds === undefined)
    return answer(400, { error: `delaySeconds is a number from 0 to ${MAX_DELAY_SECONDS}.` });
  return { ...answer(200, { delaySeconds }), delayMs: delaySeconds * 1000 };
}

function delaySecondsOf(payload: unknown, otherwise: number): number | undefined {
  const given = (payload as { readonly delaySeconds?: unknown } | null | undefined)?.delaySeconds;
  if (given === undefined || given === null) return otherwise;
  return typeof given === 'number' && given >= 0 && given <= MAX_DELAY_SECONDS ? given : undefined;
}
