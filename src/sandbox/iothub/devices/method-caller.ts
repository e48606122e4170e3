import type { Clock } from '../../../core/clock.js';
import { parseJson, stringifyJson } from '../../../core/exact-json.js';
import type { MethodCall, MethodOutcome } from '../ports.js';
import { type Connection, MAX_OPEN_CALLS } from './connection.js';

/** Sends a method to a device that is ready for it, and waits for the outcome. */
export class MethodCaller {
  readonly #clock: Clock;
  readonly #send: (connection: Connection, methodName: string, requestId: string, payload: string) => void;
  #lastRequest = 0;

  constructor(
    clock: Clock,
    send: (connection: Connection, methodName: string, requestId: string, payload: string) => void,
  ) {
    this.#clock = clock;
    this.#send = send;
  }

  call(connection: Connection, call: MethodCall): Promise<MethodOutcome> {
    const { signal } = call;
    if (signal?.aborted) return Promise.resolve({ kind: 'noAnswer' });
    this.#lastRequest += 1;
    const requestId = this.#lastRequest.toString(16);
    return new Promise((resolve) => {
      const settle = (outcome: MethodOutcome): void => {
        timer.cancel();
        signal?.removeEventListener('abort', giveUp);
        connection.forgetAnswer(requestId);
        resolve(outcome);
      };
      const giveUp = (): void => settle({ kind: 'noAnswer' });
      const timer = this.#clock.schedule(call.responseTimeoutMs, giveUp);
      signal?.addEventListener('abort', giveUp, { once: true });
      if (connection.expectAnswer(requestId, settle)) {
        this.#send(connection, call.methodName, requestId, payloadText(call.payload));
      } else {
        settle({ kind: 'badAnswer', reason: `The device has ${MAX_OPEN_CALLS} methods in flight already.` });
      }
    });
  }
}

/** A missing payload is sent as `null`, because the device SDK for Node.js answers 400 to an empty message. */
function payloadText(payload: unknown): string {
  return stringifyJson(payload) ?? 'null';
}

/** The largest method payload that the service accepts, in either direction (devguide-direct-methods). */
export const MAX_METHOD_PAYLOAD_BYTES = 128 * 1024;

/** Reads the response of a device to a method. An empty payload is `null`. */
export function readMethodAnswer(status: string, payload: Buffer): MethodOutcome {
  if (!/^-?\d{1,9}$/.test(status)) return { kind: 'badAnswer', reason: 'The status in the topic is not a number.' };
  if (payload.length > MAX_METHOD_PAYLOAD_BYTES) {
    return { kind: 'badAnswer', reason: `The payload has ${payload.length} bytes; at most 128 KB are allowed.` };
  }
  if (payload.length === 0) return { kind: 'answered', status: Number(status), payload: null };
  try {
    return { kind: 'answered', status: Number(status), payload: parseJson(payload.toString('utf8')) };
  } catch {
    return { kind: 'badAnswer', reason: 'The payload is not JSON.' };
  }
}
