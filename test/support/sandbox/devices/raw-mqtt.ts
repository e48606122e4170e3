import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';

export interface RawPacket {
  /** CONNACK 2, PUBLISH 3, PUBACK 4, SUBACK 9, PINGRESP 13. */
  readonly type: number;
  readonly body: Buffer;
  readonly topic?: string;
  readonly payload?: Buffer;
}

const TOKEN = 'SharedAccessSignature sr=localhost%2Fdevices%2Fa&sig=x';

/** A device that sends MQTT 3.1.1 byte by byte, for behaviour that no library offers. */
export class RawDevice {
  readonly socket: Duplex;
  readonly #packets: RawPacket[] = [];
  readonly #wakes = new Set<() => void>();
  #buffered = Buffer.alloc(0);
  #isClosed = false;

  private constructor(socket: Duplex) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => undefined);
    // A WebSocket's stream has no close event of its own.
    for (const event of ['close', 'end']) {
      socket.on(event, () => {
        this.#isClosed = true;
        this.#wake();
      });
    }
  }

  static async open(port: number, ca: string, options: ConnectionOptions = {}): Promise<RawDevice> {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...options });
    await once(socket, 'secureConnect');
    return new RawDevice(socket);
  }

  static async openWebSocket(port: number, ca: string): Promise<RawDevice> {
    const webSocket = new WebSocket(`wss://localhost:${port}/$iothub/websocket`, 'mqtt', {
      ca,
      perMessageDeflate: false,
    });
    await once(webSocket, 'open');
    return new RawDevice(createWebSocketStream(webSocket));
  }

  /** Sends CONNECT and returns the return code and the session flag of the CONNACK. */
  async connect(
    clientId: string,
    options: { userName?: string; password?: string; clean?: boolean; keepAliveSeconds?: number } = {},
  ): Promise<{ code: number; hasSession: boolean }> {
    const userName = options.userName ?? `localhost/${clientId}/?api-version=2021-04-12`;
    const password = options.password ?? TOKEN;
    const flags = 0x80 | (password === '' ? 0 : 0x40) | (options.clean === false ? 0 : 2);
    const keepAlive = options.keepAliveSeconds ?? 60;
    const head = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, flags, keepAlive >> 8, keepAlive & 0xff]);
    const texts = [clientId, userName, ...(password === '' ? [] : [password])].map(textField);
    this.send(0x10, Buffer.concat([head, ...texts]));
    const { body } = await this.next(2);
    return { code: body[1] as number, hasSession: body[0] === 1 };
  }

  /** Sends SUBSCRIBE and returns the granted QoS of each filter. */
  async subscribe(filters: readonly string[], qos = 0): Promise<readonly number[]> {
    const wanted = filters.flatMap((filter) => [textField(filter), Buffer.from([qos])]);
    this.send(0x82, Buffer.concat([Buffer.from([0, 7]), ...wanted]));
    return [...(await this.next(9)).body.subarray(2)];
  }

  publish(topic: string, payload: string | Buffer, qos = 0): void {
    const id = qos === 0 ? [] : [Buffer.from([0, 9])];
    this.send(0x30 | (qos << 1), Buffer.concat([textField(topic), ...id, Buffer.from(payload)]));
  }

  /** Sends any packet, given its first byte and body. */
  send(first: number, body: Buffer): void {
    const length: number[] = [];
    for (let rest = body.length; rest > 0 || length.length === 0; rest = Math.floor(rest / 128)) {
      length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    }
    this.socket.write(Buffer.concat([Buffer.from([first, ...length]), body]));
  }

  /** Returns the next packet of a type; rejects if the connection closes first. */
  async next(type: number): Promise<RawPacket> {
    for (;;) {
      const index = this.#packets.findIndex((packet) => packet.type === type);
      if (index >= 0) return this.#packets.splice(index, 1)[0] as RawPacket;
      if (this.#isClosed) throw new Error(`closed before a packet of type ${type} arrived`);
      await new Promise<void>((resolve) => this.#wakes.add(resolve));
    }
  }

  /** Resolves when either end has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#isClosed) await new Promise<void>((resolve) => this.#wakes.add(resolve));
  }

  /** Destroys the connection without sending DISCONNECT. */
  vanish(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#buffered = Buffer.concat([this.#buffered, chunk]);
    for (let packet = this.#read(); packet; packet = this.#read()) this.#packets.push(packet);
    this.#wake();
  }

  #read(): RawPacket | undefined {
    let length = 0;
    let at = 1;
    for (let shift = 0; ; shift += 7, at += 1) {
      const byte = this.#buffered[at];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const start = at + 1;
    if (this.#buffered.length < start + length) return undefined;
    const type = (this.#buffered[0] as number) >> 4;
    const body = this.#buffered.subarray(start, start + length);
    this.#buffered = this.#buffered.subarray(start + length);
    if (type !== 3) return { type, body };
    const topicEnd = 2 + body.readUInt16BE(0);
    return { type, body, topic: body.toString('utf8', 2, topicEnd), payload: body.subarray(topicEnd) };
  }

  #wake(): void {
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }
}

function textField(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}
