import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.js';

/**
 * Delays or holds the writes of one socket, always in order. Its users (HTTP,
 * WebSocket, MQTT) do not notice; their callbacks run when the bytes are really written. Corking would not work: HTTP
 * uncorks a socket at the end of a response.
 */
export class WriteGate {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #delayMs: () => number;
  readonly #held: (() => void)[] = [];
  #isHolding = false;
  #lastMs = 0;

  constructor(socket: Socket, clock: Clock, delayMs: () => number) {
    this.#socket = socket;
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#standBefore('write', true);
    this.#standBefore('end', socket);
  }

  hold(): void {
    this.#isHolding = true;
  }

  release(): void {
    this.#isHolding = false;
    for (const run of this.#held.splice(0)) run();
  }

  #standBefore(method: 'write' | 'end', answer: unknown): void {
    const original = this.#socket[method].bind(this.#socket) as (...args: unknown[]) => unknown;
    const gated = (...args: unknown[]): unknown => {
      this.#later(() => {
        if (!this.#socket.destroyed) original(...args);
      });
      return answer;
    };
    Object.assign(this.#socket, { [method]: gated });
  }

  #later(run: () => void): void {
    const nowMs = this.#clock.monotonicMs();
    const dueMs = Math.max(this.#lastMs, nowMs + this.#delayMs());
    if (this.#isHolding) this.#held.push(run);
    else if (dueMs <= nowMs) run();
    else this.#clock.schedule(dueMs - nowMs, run);
    this.#lastMs = dueMs;
  }
}
