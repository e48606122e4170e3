import { randomBytes } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import type { Clock } from '../../core/clock.js';
import { type FaultPlan, type FaultStrike, NO_FAULTS } from './fault-plan.js';
import { delayWrites } from './late-writes.js';

const GARBAGE_BYTES = 64;

/**
 * Makes the connections of one end misbehave. It keeps a set of them and touches them only when it is told to: without
 * faults it costs nothing.
 */
export class ConnectionFaults {
  readonly #clock: Clock;
  readonly #open = new Set<Socket>();
  readonly #stopped = new Set<Socket>();
  #plan: FaultPlan = NO_FAULTS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get plan(): FaultPlan {
    return this.#plan;
  }

  /** Watches a server's connections: those of a TLS server from the end of their handshake on. */
  watch(server: Server, kind: 'plain' | 'tls'): void {
    server.prependListener('connection', (socket: Socket) => this.admit(socket));
    server.prependListener(kind === 'tls' ? 'secureConnection' : 'connection', (socket: Socket) => this.follow(socket));
  }

  /** Cuts a new connection off, where they are refused. */
  admit(socket: Socket): void {
    if (!this.#plan.refuse) return;
    socket.on('error', () => undefined);
    socket.destroy();
  }

  /** Lets the plan rule an established connection. */
  follow(socket: Socket): void {
    if (socket.destroyed) return;
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#stopped.delete(socket);
    });
    if (this.#plan.halfOpen) this.#halt(socket);
    if (this.#plan.delayMs > 0) this.#delay(socket);
  }

  /** What is not named stays as it is. */
  change(plan: Partial<FaultPlan>): void {
    const before = this.#plan;
    this.#plan = { ...before, ...plan };
    for (const socket of this.#open) {
      if (this.#plan.halfOpen) this.#halt(socket);
      else this.#release(socket);
      if (this.#plan.delayMs > 0) this.#delay(socket);
    }
  }

  strike({ drop, garbage, restartMs }: FaultStrike): void {
    if (garbage) for (const socket of this.#open) socket.write(randomBytes(GARBAGE_BYTES));
    if (drop || restartMs > 0) for (const socket of this.#open) socket.destroy();
    if (restartMs === 0) return;
    this.change({ refuse: true });
    this.#clock.schedule(restartMs, () => this.change({ refuse: false }));
  }

  #halt(socket: Socket): void {
    if (this.#stopped.has(socket)) return;
    this.#stopped.add(socket);
    socket.pause();
    socket.cork();
  }

  #release(socket: Socket): void {
    if (!this.#stopped.delete(socket)) return;
    socket.uncork();
    socket.resume();
  }

  #delay(socket: Socket): void {
    delayWrites(socket, this.#clock, () => this.#plan.delayMs);
  }
}
