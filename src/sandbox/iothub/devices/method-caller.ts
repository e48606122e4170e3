import type { Clock } from '../../../core/clock.js';
import { stringifyJson } from '../../../core/exact-json.js';
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
        settle({ kind: 'badAnswer', reason: `The device has ${MAX_OPEN_CALLS} methods to answer already.` });
      }
    });
  }
}

/** No payload goes as `null`: the device SDK for Node.js would answer 400 to an empty message. */
function payloadText(payload: unknown): string {
  return stringifyJson(payload) ?? 'null';
}
