import type { Duplex } from 'node:stream';

/**
 * Bounds the unauthenticated connections. One too many closes the oldest, so that a client that floods
 * the hub with silent connections loses them, and devices can still connect.
 */
export class Admission {
  readonly #maxWaiting: number;
  readonly #waiting = new Set<Duplex>();

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** The number of unauthenticated connections. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds a new connection, which waits until `admit` or until it closes. */
  enter(connection: Duplex): void {
    for (const oldest of this.#waiting) {
      if (this.#waiting.size < this.#maxWaiting) break;
      this.#waiting.delete(oldest);
      oldest.destroy();
    }
    this.#waiting.add(connection);
    connection.once('close', () => this.#waiting.delete(connection));
  }

  /** Removes a connection that is authenticated. */
  admit(connection: Duplex): void {
    this.#waiting.delete(connection);
  }

  /** Closes all waiting connections. */
  close(): void {
    for (const connection of this.#waiting) connection.destroy();
    this.#waiting.clear();
  }
}
