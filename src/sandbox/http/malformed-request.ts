import type { Duplex } from 'node:stream';
import type { Clock } from '../../core/clock.js';
import type { HttpAnswer } from './router.js';

/** How long further bytes are read and dropped. */
const LINGER_MS = 1_000;

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
};

const STATUSES: ReadonlyMap<string | undefined, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/** Returns the HTTP status for an error of Node.js's `clientError` event. */
export const statusOfClientError = (error: NodeJS.ErrnoException): number => STATUSES.get(error.code) ?? 400;

/**
 * Responds to a request that cannot be parsed, and closes the connection gracefully. Node.js would destroy the socket
 * right after writing; if bytes of the request were still unread, TCP would reset the connection and the client would
 * lose the response.
 */
export function answerMalformed(socket: Duplex, answer: HttpAnswer, clock: Clock): void {
  // Otherwise the parser, which stays attached, would report another error for every further byte.
  socket.removeAllListeners('data');
  socket.on('error', () => undefined);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // Without a listener the bytes would stay unread, because the parser has stopped reading.
  socket.on('data', () => undefined);
  socket.resume();
  const timer = clock.schedule(LINGER_MS, () => socket.destroy());
  socket.once('close', () => timer.cancel());
  socket.end(rawAnswer(answer));
}

function rawAnswer({ status, headers = {}, body }: HttpAnswer): Buffer {
  const bytes = Buffer.from((body ?? '') as string);
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}`,
    ...Object.entries({ ...headers, 'content-length': String(bytes.length), connection: 'close' }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes]);
}
