import { MAINTENANCE_METHODS } from './maintenance.js';
import { answer, type Method, type MethodAnswer, type MethodSubject } from './maintenance.js';

export type { MethodAnswer } from './maintenance.js';

const DEFAULT_SLOWNESS_SECONDS = 10;
const MAX_DELAY_SECONDS = 3600;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['echo', (payload) => answer(200, payload ?? null)],
  ...MAINTENANCE_METHODS,
  ['failing', () => answer(500, { error: 'This method always fails.' })],
  ['slow', slow],
]);

/** The names of the methods that simulated devices support. */
export const METHOD_NAMES: readonly string[] = [...METHODS.keys()];

/**
 * Returns the response of a simulated device to a method; undefined for an unknown method, which it ignores, like devices
 * on the Azure SDK for Node.js.
 */
export function answerMethod(name: string, payload: unknown, subject: MethodSubject): MethodAnswer | undefined {
  const method = METHODS.get(name);
  if (!method) return undefined;
  return subject.isFailing ? answer(500, { error: 'This device fails.' }) : method(payload, subject);
}

function slow(payload: unknown): MethodAnswer {
  const delaySeconds = delaySecondsOf(payload, DEFAULT_SLOWNESS_SECONDS);
  if (delaySeconds === undefined)
    return answer(400, { error: `delaySeconds must be a number from 0 to ${MAX_DELAY_SECONDS}.` });
  return { ...answer(200, { delaySeconds }), delayMs: delaySeconds * 1000 };
}

function delaySecondsOf(payload: unknown, otherwise: number): number | undefined {
  const given = (payload as { readonly delaySeconds?: unknown } | null | undefined)?.delaySeconds;
  if (given === undefined || given === null) return otherwise;
  return typeof given === 'number' && given >= 0 && given <= MAX_DELAY_SECONDS ? given : undefined;
}
