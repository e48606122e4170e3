import { parseJson } from '../../../core/exact-json.js';
import type { MethodOutcome } from '../ports.js';

/** The size of a method's payload that the service takes, each way (devguide-direct-methods). */
export const MAX_METHOD_PAYLOAD_BYTES = 128 * 1024;

/** Reads what a device has published as its answer to a method. Nothing at all is `null`. */
export function readMethodAnswer(status: string, payload: Buffer): MethodOutcome {
  if (!/^-?\d{1,9}$/.test(status)) return { kind: 'badAnswer', reason: 'The status in the topic is not a number.' };
  if (payload.length > MAX_METHOD_PAYLOAD_BYTES) {
    return { kind: 'badAnswer', reason: `The payload has ${payload.length} bytes; 128 KB are allowed.` };
  }
  if (payload.length === 0) return { kind: 'answered', status: Number(status), payload: null };
  try {
    return { kind: 'answered', status: Number(status), payload: parseJson(payload.toString('utf8')) };
  } catch {
    return { kind: 'badAnswer', reason: 'The payload is not JSON.' };
  }
}
