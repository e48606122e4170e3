import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CHARACTERISTIC, CODE } from '../../../alwayson/codec/codes.js';
import type { CodecLimits } from '../../../alwayson/codec/limits.js';
import type { BindBody, RequestBody } from '../../../alwayson/codec/message.js';
import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import type { Clock } from '../../../core/clock.js';
import type { Log } from '../../../core/log.js';
import type { PlatformThing } from '../model/thing.js';
import type { Things } from '../model/things.js';
import { greet, remoteMetadata } from './after-bind.js';
import { type BindPolicy, Bindings, type Bound } from './bindings.js';
import { Edge, type EdgeHost } from './edge.js';
import { EdgeFailure } from './edge-failure.js';
import { serveEdgeRequest } from './edge-requests.js';
import { EdgeSocket } from './edge-socket.js';

export const WEBSOCKET_PATH = '/Thingworx/WS';

export interface AlwaysOnServerOptions {
  readonly things: Things;
  readonly isAppKey: (key: string) => boolean;
  readonly bindPolicy: BindPolicy;
  readonly compression: boolean;
  readonly authTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly maxFrameBytes: number;
  readonly maxMessageBytes: number;
  readonly maxInFlight: number;
  readonly maxConnections: number;
  readonly limits: Partial<CodecLimits>;
  readonly clock: Clock;
  readonly log: Log;
  /** Told when an edge has bound a Thing. */
  readonly onConnected: (thing: PlatformThing) => void;
}

/** The server side of AlwaysOn: edges, what they have bound, and calls to them (protocol notes 1 to 11). */
export class AlwaysOnServer implements EdgeHost {
  readonly #options: AlwaysOnServerOptions;
  readonly #bindings: Bindings;
  readonly #edges = new Set<Edge>();
  readonly #webSockets: WebSocketServer;
  readonly #greetings = new WeakMap<PlatformThing, Promise<void>>();
  #nextSessionId = 1;

  constructor(options: AlwaysOnServerOptions) {
    this.#options = options;
    this.#bindings = new Bindings(options.things, options.bindPolicy);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxMessageBytes,
      perMessageDeflate: options.compression,
    });
  }

  /** How many edges are connected. */
  get connectionCount(): number {
    return this.#edges.size;
  }

  /** Takes an HTTP upgrade; nothing is sent to the edge before its AUTH (protocol notes 1.1). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#edges.size >= this.#options.maxConnections) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const edge = this.#newEdge();
      const { limits, maxMessageBytes, clock, log } = this.#options;
      edge.attach(
        new EdgeSocket({
          socket: webSocket,
          limits,
          maxFrameBytes: Math.min(this.#options.maxFrameBytes, announcedFrameBytes(request)),
          maxMessageBytes,
          clock,
          log,
          onMessage: (message) => edge.receive(message),
          onActivity: () => edge.active(),
          onClosed: () => edge.ended(),
        }),
      );
      this.#edges.add(edge);
    });
  }

  isConnected(thing: PlatformThing): boolean {
    return this.#bindings.of(thing)?.edge.isOpen === true;
  }

  /** Resolves when what the Thing's edge offers is known, or it has not said it in time. */
  async learned(thing: PlatformThing): Promise<void> {
    await this.#greetings.get(thing);
  }

  /** Invokes a service on the edge that has bound the Thing. Rejects with an EdgeFailure. */
  async invoke(
    thing: PlatformThing,
    service: string,
    params: InfoTable | null,
    timeoutMs = 0,
  ): Promise<InfoTable | null> {
    const { edge, boundName } = this.#boundOf(thing);
    const answer = await edge.invoke(boundName, service, params, timeoutMs || this.#options.requestTimeoutMs);
    return answer.content;
  }

  /** Writes a property on the edge. Rejects with an EdgeFailure. */
  async writeProperty(thing: PlatformThing, name: string, params: InfoTable): Promise<void> {
    const { edge, boundName } = this.#boundOf(thing);
    const target = { entityName: boundName, characteristic: CHARACTERISTIC.properties, name, params };
    await edge.ask(CODE.PUT, target, this.#options.requestTimeoutMs);
  }

  /** What the edge says of itself. */
  metadata(thing: PlatformThing): Promise<unknown> {
    return remoteMetadata(this.#boundOf(thing), this.#options.requestTimeoutMs);
  }

  isAppKey(key: string): boolean {
    return this.#options.isAppKey(key);
  }

  bind(edge: Edge, body: BindBody): string | undefined {
    if (body.unbind) {
      this.#bindings.unbind(edge, body.names);
      return undefined;
    }
    const result = this.#bindings.bind(edge, body);
    if ('refusal' in result) return result.refusal;
    for (const thing of result.things) this.#connected(thing);
    return undefined;
  }

  serve(edge: Edge, request: RequestBody): InfoTable | null {
    const thing = edge.names.has(request.entityName) ? this.#options.things.bindable(request.entityName) : undefined;
    if (!thing) throw new EdgeFailure(CODE.NOT_FOUND, `${request.entityName} is not bound by this connection`);
    return serveEdgeRequest(thing, request, this.#options.clock.nowMs());
  }

  closed(edge: Edge): void {
    this.#edges.delete(edge);
    this.#bindings.unbind(edge, [...edge.names]);
  }

  /** Takes a Thing from its edge: one that is deleted or disabled, or gets another name. */
  release(thing: PlatformThing): void {
    this.#bindings.release(thing);
  }

  /** Gives a Thing to the edge that waits for it. */
  adopt(thing: PlatformThing): void {
    if (this.#bindings.adopt(thing, this.#edges)) this.#connected(thing);
  }

  /** Tells the edge of a Thing that its definitions on the platform may be others now. */
  redefined(thing: PlatformThing): void {
    if (this.isConnected(thing)) this.#greet(thing);
  }

  /** Closes every connection as a platform does that goes down. */
  close(): void {
    for (const edge of this.#edges) edge.close(1001, 'the platform stops');
    this.#webSockets.close();
  }

  /** Cuts every connection without a word. */
  terminate(): void {
    for (const edge of this.#edges) edge.terminate();
  }

  #newEdge(): Edge {
    const { clock, log, authTimeoutMs, idleTimeoutMs, maxInFlight } = this.#options;
    const sessionId = this.#nextSessionId++;
    return new Edge({ sessionId, host: this, clock, log, authTimeoutMs, idleTimeoutMs, maxInFlight });
  }

  #connected(thing: PlatformThing): void {
    Object.assign(thing, { lastConnectionMs: this.#options.clock.nowMs() });
    this.#options.onConnected(thing);
    this.#greet(thing);
  }

  #greet(thing: PlatformThing): void {
    const bound = this.#boundOf(thing);
    const { clock, log, requestTimeoutMs } = this.#options;
    // After the answer to the BIND has gone out.
    const learning = Promise.resolve().then(() =>
      greet(thing, bound, { timeoutMs: requestTimeoutMs, nowMs: () => clock.nowMs(), log }),
    );
    this.#greetings.set(thing, learning);
  }

  #boundOf(thing: PlatformThing): Bound {
    const bound = this.#bindings.of(thing);
    if (!bound) throw new EdgeFailure(CODE.SERVICE_UNAVAILABLE, `Thing [${thing.name}] is not connected`);
    return bound;
  }
}

/** 8192 when the edge does not say (protocol notes 1.2). */
function announcedFrameBytes(request: IncomingMessage): number {
  const announced = Number(request.headers['max-frame-size']);
  return Number.isInteger(announced) && announced >= 256 ? announced : 8192;
}
