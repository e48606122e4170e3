import { randomBytes } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import type { Clock } from '../../core/clock.js';
import { type FaultPlan, type FaultStrike, NO_FAULTS } from './fault-plan.js';

const GARBAGE_BYTES = 64;

/**
 * Injects faults into the connections of one end. It tracks them and touches them only when faults are set: without
 * faults it adds no overhead.
 */
export class ConnectionFaults {
  readonly #clock: Clock;
  /** The open connections, each with its gate once it needs one. */
  readonly #open = new Map<Socket, WriteGate | undefined>();
  #plan: FaultPlan = NO_FAULTS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get plan(): FaultPlan {
    return this.#plan;
  }

  /** Watches a server's connections. Those of a TLS server are watched once their handshake is done. */
  watch(server: Server, kind: 'plain' | 'tls'): void {
    server.prependListener('connection', (socket: Socket) => this.#admit(socket));
    server.prependListener(kind === 'tls' ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#follow(socket),
    );
  }

  /** Changes the given faults; the others stay as they are. */
  change(plan: Partial<FaultPlan>): void {
    this.#plan = { ...this.#plan, ...plan };
    for (const socket of this.#open.keys()) this.#apply(socket);
  }

  strike({ drop, garbage, restartMs }: FaultStrike): void {
    if (garbage) for (const socket of this.#open.keys()) socket.write(randomBytes(GARBAGE_BYTES));
    if (drop || restartMs > 0) for (const socket of this.#open.keys()) socket.destroy();
    if (restartMs === 0) return;
    this.change({ refuse: true });
    this.#clock.schedule(restartMs, () => this.change({ refuse: false }));
  }

  #admit(socket: Socket): void {
    if (!this.#plan.refuse) return;
    socket.on('error', () => undefined);
    socket.destroy();
  }

  #follow(socket: Socket): void {
    if (socket.destroyed) return;
    this.#open.set(socket, undefined);
    socket.once('close', () => this.#open.delete(socket));
    this.#apply(socket);
  }

  #apply(socket: Socket): void {
    const { halfOpen, delayMs } = this.#plan;
    const gate = this.#open.get(socket);
    if (halfOpen || delayMs > 0) this.#gateOf(socket);
    if (halfOpen) {
      this.#gateOf(socket).hold();
      socket.pause();
    } else if (gate) {
      gate.release();
      socket.resume();
    }
  }

  #gateOf(socket: Socket): WriteGate {
    const gate = this.#open.get(socket) ?? new WriteGate(socket, this.#clock, () => this.#plan.delayMs);
    this.#open.set(socket, gate);
    return gate;
  }
}

/**
 * Delays or holds the writes of one socket and keeps their order. HTTP, WebSocket and MQTT on top of it are not aware of
 * the gate; their callbacks run when the bytes are actually written. Corking would not work: HTTP uncorks a socket at the
 * end of a response.
 */
class WriteGate {
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
