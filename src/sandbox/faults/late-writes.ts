import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.js';

const delayed = new WeakSet<Socket>();

/**
 * Makes everything that is written to a socket late by what `delayMs` gives at that time, in order. Writers above it
 * (HTTP, WebSocket, MQTT) are not told; their callbacks come when the bytes are really written.
 */
export function delayWrites(socket: Socket, clock: Clock, delayMs: () => number): void {
  if (delayed.has(socket)) return;
  delayed.add(socket);
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const end = socket.end.bind(socket) as (...args: unknown[]) => Socket;
  let lastMs = 0;
  const later = (run: () => void): void => {
    const dueMs = Math.max(lastMs, clock.monotonicMs() + delayMs());
    lastMs = dueMs;
    clock.schedule(dueMs - clock.monotonicMs(), run);
  };
  const patched = socket as { write: unknown; end: unknown };
  patched.write = (...args: unknown[]): boolean => {
    later(() => {
      if (!socket.destroyed) write(...args);
    });
    return true;
  };
  patched.end = (...args: unknown[]): Socket => {
    later(() => void end(...args));
    return socket;
  };
}
