import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';
import * as b from '../codec/byte-builder.js';

/** A frame from the platform, whose header is parsed independently of the codec. */
export interface RawFrame {
  readonly code: number;
  readonly requestId: number;
  readonly endpointId: number;
  readonly sessionId: number;
  readonly multipart: number;
  readonly body: Buffer;
  readonly bytes: Buffer;
}

const AUTH = 0x14;
const BIND = 0x0a;

/** An edge that sends exactly the given bytes. */
export class RawEdge {
  readonly #frames: RawFrame[] = [];
  readonly #waiting: ((frame: RawFrame) => void)[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.#take(data));
    socket.on('error', () => undefined);
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code: Number(code), reason: String(reason) }));
  }

  static async connect(wsUrl: string, options: ClientOptions = {}): Promise<RawEdge> {
    const edge = new RawEdge(new WebSocket(wsUrl, { perMessageDeflate: false, ...options }));
    await once(edge.socket, 'open');
    return edge;
  }

  /** Connects, authenticates and binds, and refuses the platform's first requests as an old SDK does. */
  static async bound(
    platform: { readonly wsUrl: string; readonly appKey: string },
    names: readonly string[],
    options: ClientOptions & { readonly properties?: b.Bytes } = {},
  ): Promise<RawEdge> {
    const edge = await RawEdge.connect(platform.wsUrl, options);
    edge.send(auth(platform.appKey));
    await edge.next();
    edge.send(b.bind(BIND, names));
    await edge.next();
    for (let left = 3 * names.length; left > 0; left -= 1) edge.refuse(await edge.next());
    return edge;
  }

  send(bytes: b.Bytes | Uint8Array): void {
    this.socket.send(Buffer.from(bytes));
  }

  /** Returns the next frame, including those that arrived before the call. */
  next(): Promise<RawFrame> {
    const frame = this.#frames.shift();
    return frame ? Promise.resolve(frame) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Responds to a request. */
  answer({ requestId, endpointId, sessionId }: RawFrame, code: number, body: b.Bytes): void {
    this.send([...b.header(code, { requestId, endpointId, sessionId }), ...body]);
  }

  refuse(frame: RawFrame): void {
    this.answer(frame, 0x84, [0, 0xff]);
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #take(bytes: Buffer): void {
    const frame: RawFrame = {
      code: bytes.readUInt8(1),
      requestId: bytes.readUInt32BE(2),
      endpointId: bytes.readUInt32BE(6),
      sessionId: bytes.readUInt32BE(10),
      multipart: bytes.readUInt8(14),
      body: bytes.subarray(15),
      bytes,
    };
    const waiting = this.#waiting.shift();
    if (waiting) waiting(frame);
    else this.#frames.push(frame);
  }
}

/** Returns an AUTH with one claim. */
export const auth = (key: string, claim = 'appKey', requestId = 1): b.Bytes => [
  ...b.header(AUTH, { requestId, sessionId: 0xffffffff }),
  1,
  ...b.text(claim),
  ...b.text(key),
];

/** Returns the name of the service that a whole request invokes. */
export function serviceOf({ body }: RawFrame): string {
  const entityLength = body.readUInt8(1);
  const nameAt = 2 + entityLength + 1;
  return body.subarray(nameAt + 1, nameAt + 1 + body.readUInt8(nameAt)).toString();
}

/** Returns the reason of a response; null if it has none. */
export function reasonOf({ body }: RawFrame): string | null {
  if (body.readUInt8(0) === 0) return null;
  const short = body.readUInt8(1);
  if (short < 0x80) return body.subarray(2, 2 + short).toString();
  return body.subarray(5, 5 + (body.readUInt32BE(1) & 0x7fff_ffff)).toString();
}
