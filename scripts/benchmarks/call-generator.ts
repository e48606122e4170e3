import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { CHARACTERISTIC, CODE, ENTITY_TYPE, isResponseCode } from '../../src/alwayson/codec/codes.js';
import { encodeMessage } from '../../src/alwayson/codec/frame.js';
import { type NativeRow, rowsFromTable } from '../../src/alwayson/values.js';
import { parameterTable, PlatformEnd, policy, type TestParameters } from '../../test/support/edge/platform-end.js';

/** Where the request id and the status are in a frame [AO 2]. */
const REQUEST_ID_AT = 2;
const STATUS_AT = 1;

/**
 * The platform of a benchmark. It sends prepared frames and matches responses by their request id only, so that it uses as
 * little processor time as possible beside the measured process.
 */
export class CallGenerator {
  readonly #server: WebSocketServer;
  readonly #policy = policy({ records: false, notifies: false, onRequest: () => ({ code: CODE.SUCCESS }) });
  readonly #waiting = new Map<number, (frame: Buffer) => void>();
  #end: PlatformEnd | undefined;
  #socket: WebSocket | undefined;
  #nextId = 1;

  private constructor(server: WebSocketServer) {
    this.#server = server;
  }

  static async start(): Promise<CallGenerator> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    return new CallGenerator(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/Thingworx/WS`;
  }

  get appKey(): string {
    return this.#policy.appKey;
  }

  /** Resolves when an edge has connected and bound a Thing. */
  async edge(): Promise<void> {
    const [socket] = (await once(this.#server, 'connection')) as [WebSocket];
    const end = new PlatformEnd(this.#policy, (frame) => socket.send(frame));
    const handshake = (data: Buffer): void => end.onFrame(data);
    socket.on('message', handshake);
    await end.waitUntilBound();
    socket.off('message', handshake);
    this.#use(socket, end);
  }

  /** Resolves when a peer without a protocol has connected. */
  async bare(): Promise<void> {
    const [socket] = (await once(this.#server, 'connection')) as [WebSocket];
    this.#use(socket);
  }

  #use(socket: WebSocket, end?: PlatformEnd): void {
    this.#socket = socket;
    this.#end = end;
    socket.on('message', (data: Buffer) => {
      if (!isResponseCode(data[STATUS_AT] as number)) return end?.onFrame(data);
      const id = data.readUInt32BE(REQUEST_ID_AT);
      const done = this.#waiting.get(id);
      if (!done) return end?.onFrame(data);
      this.#waiting.delete(id);
      done(data);
    });
  }

  /** Sends a copy of the frame under a new request id; resolves with the frame of the answer. */
  call(frame: Buffer): Promise<Buffer> {
    const request = Buffer.from(frame);
    const id = this.#nextId++;
    request.writeUInt32BE(id, REQUEST_ID_AT);
    const answered = new Promise<Buffer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket?.send(request);
    return answered;
  }

  /** Calls a service and decodes its answer, of any length. @throws Error if the service fails. */
  async invoke(thing: string, service: string, parameters: TestParameters): Promise<NativeRow[]> {
    if (!this.#end) throw new Error('no edge is connected');
    const { code, body } = await this.#end.invoke(thing, service, parameters);
    if (code !== CODE.SUCCESS) throw new Error(`${service} failed: ${body.reason}`);
    return body.content ? rowsFromTable(body.content) : [];
  }

  /** Keeps `inFlight` calls open for `durationMs`; returns how many were answered, and the time they took. */
  async load(frames: () => Buffer, inFlight: number, durationMs: number): Promise<{ calls: number; ms: number }> {
    const startMs = performance.now();
    let calls = 0;
    const caller = async (): Promise<void> => {
      while (performance.now() - startMs < durationMs) {
        const answer = await this.call(frames());
        if (answer[STATUS_AT] !== CODE.SUCCESS)
          throw new Error(`a call was answered with 0x${answer[STATUS_AT]?.toString(16)}`);
        calls += 1;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, caller));
    return { calls, ms: performance.now() - startMs };
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The frame of a call of a service, whose request id the generator sets. */
export function serviceFrame(thing: string, service: string, parameters: TestParameters): Buffer {
  const header = { code: CODE.POST, requestId: 0, endpointId: 1, sessionId: 1 };
  return encodeMessage(header, {
    kind: 'request',
    entityType: ENTITY_TYPE.Things,
    entityName: thing,
    characteristic: CHARACTERISTIC.services,
    name: service,
    params: parameterTable(parameters),
  });
}
