import type { Duplex } from 'node:stream';

/**
 * Bounds how many connections wait without having shown who they are. One too many closes the oldest: whoever floods
 * the hub with silent connections loses them, and a device that connects gets its turn.
 */
export class Admission {
  readonly #maxWaiting: number;
  readonly #waiting = new Set<Duplex>();

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** How many connections wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** A connection has come; it waits until `admit`, or until it closes. */
  enter(connection: Duplex): void {
    for (const oldest of this.#waiting) {
      if (this.#waiting.size < this.#maxWaiting) break;
      this.#waiting.delete(oldest);
      oldest.destroy();
    }
    this.#waiting.add(connection);
    connection.once('close', () => this.#waiting.delete(connection));
  }

  /** The connection has shown who it is. */
  admit(connection: Duplex): void {
    this.#waiting.delete(connection);
  }

  /** Closes all that wait. */
  close(): void {
    for (const connection of this.#waiting) connection.destroy();
    this.#waiting.clear();
  }
}
