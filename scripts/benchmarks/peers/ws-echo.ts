/** A bare `ws` client that answers every message with a message of a given size, whose first bytes it copies. */
import { WebSocket } from 'ws';
import { peerOptions, serveBenchmark } from './peer.js';

const HEADER_BYTES = 15;

const { url, answerBytes } = peerOptions() as { readonly url: string; readonly answerBytes: number };
const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on('open', () => serveBenchmark(() => ({})));
socket.on('message', (data: Buffer) => {
  const answer = Buffer.alloc(answerBytes);
  data.copy(answer, 0, 0, HEADER_BYTES);
  socket.send(answer);
});
