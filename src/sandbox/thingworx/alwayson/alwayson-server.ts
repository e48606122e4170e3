import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CHARACTERISTIC, CODE, NONE } from '../../../alwayson/codec/codes.js';
import type { CodecLimits } from '../../../alwayson/codec/limits.js';
import type { BindBody, RequestBody } from '../../../alwayson/codec/message.js';
import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import type { Clock } from '../../../core/clock.js';
import type { Log } from '../../../core/log.js';
import type { PlatformThing } from '../model/thing.js';
import type { Things } from '../model/things.js';
import { greet, remoteMetadata } from './after-bind.js';
import { type BindPolicy, Bindings, type Bound } from './bindings.js';
import { Edge } from './edge.js';
import { EdgeFailure } from './edge-failure.js';
import type { RequestingEdge } from './edge-requests.js';
import { EdgeSocket } from './edge-socket.js';
import { provideGateway, removeGateway } from './gateways.js';
import { type EdgeHost, Pipe } from './pipe.js';

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
  /** Called when an edge has bound a Thing. */
  readonly onConnected: (thing: PlatformThing) => void;
  /** Handles a request of an edge to the platform; rejects with an EdgeFailure to refuse it. */
  readonly serve: (edge: RequestingEdge, request: RequestBody, code: number) => Promise<InfoTable | null>;
}

/** The server side of AlwaysOn: the edges, the Things that they have bound, and the calls to them. */
export class AlwaysOnServer implements EdgeHost {
  readonly #options: AlwaysOnServerOptions;
  readonly #bindings: Bindings;
  readonly #pipes = new Set<Pipe>();
  /** By endpoint id. */
  readonly #edges = new Map<number, Edge>();
  readonly #webSockets: WebSocketServer;
  readonly #greetings = new WeakMap<PlatformThing, Promise<void>>();
  #nextEdgeId = 1;

  constructor(options: AlwaysOnServerOptions) {
    this.#options = options;
    this.#bindings = new Bindings(options.things, options.bindPolicy);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxMessageBytes,
      perMessageDeflate: options.compression,
    });
  }

  /** Accepts an HTTP upgrade. No AlwaysOn message is sent to the edge before its AUTH. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#pipes.size >= this.#options.maxConnections) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const pipe = new Pipe({ host: this, ...this.#options });
      const { limits, maxMessageBytes, clock, log } = this.#options;
      pipe.attach(
        new EdgeSocket({
          socket: webSocket,
          limits,
          maxFrameBytes: Math.min(this.#options.maxFrameBytes, announcedFrameBytes(request)),
          maxMessageBytes,
          clock,
          log,
          onMessage: (message) => pipe.receive(message),
          onActivity: () => pipe.active(),
          onClosed: () => pipe.ended(),
        }),
      );
      this.#pipes.add(pipe);
    });
  }

  isConnected(thing: PlatformThing): boolean {
    return this.#bindings.of(thing)?.edge.isOpen === true;
  }

  /** Resolves when the edge of the Thing has reported its definitions, or has failed to report them in time. */
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
    await edge.request(CODE.PUT, target, this.#options.requestTimeoutMs);
  }

  /** Returns the metadata that the edge reports for the Thing. */
  metadata(thing: PlatformThing): Promise<unknown> {
    return remoteMetadata(this.#boundOf(thing), this.#options.requestTimeoutMs);
  }

  isAppKey(key: string): boolean {
    return this.#options.isAppKey(key);
  }

  edgeFor(endpointId: number): Edge {
    const known = this.#edges.get(endpointId);
    if (known) return known;
    const { clock, maxInFlight } = this.#options;
    const edge = new Edge({ id: this.#newEdgeId(), clock, maxInFlight });
    this.#edges.set(edge.endpointId, edge);
    return edge;
  }

  bind(edge: Edge, body: BindBody): string | undefined {
    if (!body.unbind) return this.#bind(edge, body);
    this.#bindings.unbind(edge, body.names);
    this.#dropGateways(edge, body.names);
    return undefined;
  }

  serve(edge: Edge, request: RequestBody, code: number): Promise<InfoTable | null> {
    const origin = { has: (thing: PlatformThing) => this.#bindings.of(thing)?.edge === edge };
    return this.#options.serve(origin, request, code);
  }

  closed(pipe: Pipe): void {
    this.#pipes.delete(pipe);
    const { edge } = pipe;
    if (!edge) return;
    edge.pipes.delete(pipe);
    if (edge.pipes.size > 0) return;
    this.#edges.delete(edge.endpointId);
    edge.ended();
    this.#bindings.unbind(edge, [...edge.names]);
    this.#dropGateways(edge, [...edge.gatewayNames]);
  }

  /** Unbinds a Thing that is deleted, disabled or renamed from its edge. */
  release(thing: PlatformThing): void {
    this.#bindings.release(thing);
  }

  /** Binds a Thing to the edge that waits for it, if there is one. */
  adopt(thing: PlatformThing): void {
    if (this.#bindings.adopt(thing, this.#edges.values())) this.#connected(thing);
  }

  /** Notifies the edge of a Thing that the Thing's definitions on the platform may have changed. */
  redefined(thing: PlatformThing): void {
    if (this.isConnected(thing)) this.#greet(thing);
  }

  /** Closes every connection as a platform does when it shuts down. */
  close(): void {
    for (const pipe of this.#pipes) pipe.close(1001, 'the platform is shutting down');
    this.#webSockets.close();
  }

  /** Breaks every connection without a close handshake. */
  terminate(): void {
    for (const pipe of this.#pipes) pipe.terminate();
  }

  /** A BIND that announces a gateway binds the gateway too, even if its name is not among the names. */
  #bind(edge: Edge, { names, gateway }: BindBody): string | undefined {
    const { things } = this.#options;
    const plan = gateway ? provideGateway(things, gateway) : undefined;
    if (plan?.kind === 'refused') return plan.reason;
    const result = this.#bindings.bind(edge, gateway ? [...new Set([...names, gateway.name])] : names);
    if ('refusal' in result) {
      if (gateway && plan?.kind === 'created') removeGateway(things, gateway.name);
      return result.refusal;
    }
    if (gateway) edge.gatewayNames.add(gateway.name);
    for (const thing of result.things)
      this.#connected(
        thing,
        names.some((name) => things.bindable(name) === thing),
      );
    return undefined;
  }

  /** A gateway is unbound together with its own name, or with the last other name of its edge. */
  #dropGateways(edge: Edge, unbound: readonly string[]): void {
    const hasOthers = [...edge.names, ...edge.waitingNames].some((name) => !edge.gatewayNames.has(name));
    for (const name of edge.gatewayNames) {
      if (hasOthers && !unbound.includes(name)) continue;
      this.#bindings.unbind(edge, [name]);
      edge.gatewayNames.delete(name);
      const thing = this.#options.things.bindable(name);
      if (thing && !this.isConnected(thing)) removeGateway(this.#options.things, name);
    }
  }

  /** Skips 0 and all ones, which mean "no endpoint" and "no session", and the ids of connected edges. */
  #newEdgeId(): number {
    while (this.#edges.has(this.#nextEdgeId) || this.#nextEdgeId % NONE === 0)
      this.#nextEdgeId = (this.#nextEdgeId + 1) % NONE;
    return this.#nextEdgeId++;
  }

  /** A gateway that its BIND does not name has no services of its own, so its edge is not asked for them. */
  #connected(thing: PlatformThing, isNamed = true): void {
    thing.connected(this.#options.clock.nowMs());
    this.#options.onConnected(thing);
    if (isNamed) this.#greet(thing);
  }

  #greet(thing: PlatformThing): void {
    const bound = this.#boundOf(thing);
    const { clock, log, requestTimeoutMs } = this.#options;
    // The response to the BIND must be sent first.
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

/** Returns the limit that the edge announces, or 8192. */
function announcedFrameBytes(request: IncomingMessage): number {
  const announced = Number(request.headers['max-frame-size']);
  return Number.isInteger(announced) && announced >= 256 ? announced : 8192;
}
