import { EventEmitter } from 'eventemitter3';
import { CHARACTERISTIC, CODE, ENTITY_TYPE } from '../alwayson/codec/codes.js';
import type { RequestBody } from '../alwayson/codec/message.js';
import type { InfoTable } from '../alwayson/codec/values-model.js';
import { Connection, type ConnectionEvents } from '../alwayson/connection.js';
import type { ConnectionStatus } from '../alwayson/session-types.js';
import type { CallContext } from '../core/call-context.js';
import { deferred, untilAborted } from '../core/promises.js';
import { AgentError } from '../core/errors.js';
import { completeOptions, connectionOptions, type CompleteOptions, type EdgeClientOptions } from './client-options.js';
import type { ServiceParameters } from './definitions.js';
import { ConnectionReport } from './connection-report.js';
import { HostedThings } from './hosted-things.js';
import { type Entity, nativeResult, serviceRequest } from './platform-call.js';
import type { ThingChannel } from './thing-channel.js';
import type { EdgeThing } from './thing.js';

export type { EdgeClientOptions } from './client-options.js';
export type { Entity } from './platform-call.js';

/** The events of an EdgeClient, with the arguments of their listeners. */
export type EdgeClientEvents = ConnectionEvents;

/**
 * Offers Things to a ThingWorx platform. It connects, authenticates, binds the Things, handles the platform's requests
 * for them, and reconnects after every loss, until it is drained or closed. Emits `status` on every change of the
 * connection; an error that a listener throws is logged and has no other effect.
 */
export class EdgeClient extends EventEmitter<EdgeClientEvents> {
  readonly #given: EdgeClientOptions;
  #options: CompleteOptions;
  #connection: Connection;
  readonly #report: ConnectionReport;
  /** Entries that wait for the platform, of all Things. */
  readonly #queued = { events: 0, properties: 0 };
  readonly #things = new HostedThings();
  #status: ConnectionStatus | { readonly type: 'idle' } = { type: 'idle' };
  /** Why the connection is being replaced; its end is then reported as a loss. */
  #renewal: string | undefined;
  #isClosing = false;
  /** Notified when a name is bound or the client is closed. */
  readonly #starting = new Set<() => void>();
  /** Settles when requests that wait in `betweenRequests` may be handled. */
  #held: Promise<void> | undefined;

  /** @throws AgentError ConfigurationInvalid, for example for `ws://` without `allowInsecure`. */
  constructor(options: EdgeClientOptions) {
    super();
    this.#given = options;
    this.#options = completeOptions(options);
    this.#report = new ConnectionReport(this.#options);
    this.#connection = this.#createConnection();
  }

  #createConnection(): Connection {
    const connection = new Connection(
      connectionOptions(this.#options, this.#things.wantedNames, (context, request, code) =>
        this.#handle(context, request, code),
      ),
    );
    connection.on('status', (status) => this.#onStatus(status));
    return connection;
  }

  /** The latest status; `idle` before `start`. */
  get status(): ConnectionStatus | { readonly type: 'idle' } {
    return this.#status;
  }

  /** How many requests of the platform are in flight. */
  get requestsInFlight(): number {
    return this.#connection.requestsInFlight;
  }

  /**
   * Adds a Thing, which is bound at once or with the next connection.
   * @throws AgentError ConfigurationInvalid if a Thing with that name has been added already.
   */
  addThing(thing: EdgeThing): void {
    this.hostThing(thing);
    this.bind(thing);
  }

  /** Adds a Thing that is not bound until `bind`. @throws AgentError as `addThing`. */
  hostThing(thing: EdgeThing): void {
    this.#things.add(thing, this.#channelOf(thing));
  }

  /**
   * Removes a Thing: refuses its requests, waits for those in flight, and unbinds it. Resolves when the platform has
   * confirmed that, or the connection has closed.
   * @param drainMs how long requests in flight may take before the Thing is unbound; they are still answered then.
   */
  async removeThing(thing: EdgeThing, drainMs: number): Promise<void> {
    await this.#things.remove(thing, this.#connection, this.#options.clock, drainMs);
  }

  /** Binds a Thing that was added, at once or with the next connection. */
  bind(thing: EdgeThing): void {
    this.#things.bind(thing, this.#connection);
  }

  /** Unbinds a Thing and does not bind it again until `bind`. Resolves as `removeThing`. */
  async unbind(thing: EdgeThing): Promise<void> {
    await this.#things.unbind(thing, this.#connection);
  }

  /** Connects. Resolves when bound for the first time, when closed, or when `signal` aborts. Losses are retried. */
  async start(signal?: AbortSignal): Promise<void> {
    const ready = deferred();
    const onReady = (): void => ready.resolve();
    this.#starting.add(onReady);
    signal?.addEventListener('abort', onReady, { once: true });
    if (this.#status.type === 'bound' || this.#status.type === 'closed' || signal?.aborted) ready.resolve();
    if (!signal?.aborted) this.#connection.start();
    await ready.promise;
    signal?.removeEventListener('abort', onReady);
    this.#starting.delete(onReady);
  }

  /** Resolves when a Thing is bound, or when `signal` aborts. Unlike `start`, it waits for a Thing to be added. */
  async whenBound(signal: AbortSignal): Promise<void> {
    const bound = deferred();
    const onStatus = (): void => {
      if (this.#connection.boundNames.length > 0 || signal.aborted) bound.resolve();
    };
    this.on('status', onStatus);
    signal.addEventListener('abort', onStatus, { once: true });
    onStatus();
    await bound.promise;
    this.off('status', onStatus);
    signal.removeEventListener('abort', onStatus);
  }

  /**
   * Calls a service on the platform. The base type of a parameter follows from its JavaScript type (number: NUMBER, Date:
   * DATETIME, object: JSON, ...); pass a `Primitive` for any other.
   * @returns the value of a single `result`, the rows of a table, or undefined.
   * @throws AgentError ConnectionLost, RequestTimeout, RequestRefused, QueueFull.
   */
  async callService(
    entity: Entity,
    service: string,
    parameters: ServiceParameters = {},
    options: { readonly timeoutMs?: number } = {},
  ): Promise<unknown> {
    const request = serviceRequest(entity, service, parameters);
    return nativeResult(await this.#connection.call(request, options.timeoutMs ?? this.#options.callTimeoutMs));
  }

  /** Refuses new requests, waits up to `timeoutMs` for those in flight and refuses the rest, then unbinds and closes. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    await this.#connection.drain(timeoutMs);
  }

  /** Closes at once. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#connection.close();
  }

  /**
   * Replaces the connection by one with another application key, after draining it for up to `timeoutMs`. What the Things
   * have queued is kept.
   * @throws AgentError ConfigurationInvalid for a key that cannot be sent; the connection is then kept.
   */
  async renewAppKey(appKey: string, timeoutMs: number): Promise<void> {
    const options = completeOptions({ ...this.#given, appKey });
    if (this.#isClosing || this.#status.type === 'idle') return;
    this.#renewal = 'the application key has changed';
    await this.#connection.drain(timeoutMs);
    this.#renewal = undefined;
    if (this.#isClosing) return this.#onStatus({ type: 'closed' });
    this.#options = options;
    this.#connection = this.#createConnection();
    this.#connection.start();
  }

  /**
   * Runs `change` while no service runs: new requests wait until it has settled, and those in flight have up to
   * `timeoutMs` to end first.
   */
  async betweenRequests(timeoutMs: number, change: () => Promise<void>): Promise<void> {
    const changed = deferred();
    this.#held = changed.promise;
    try {
      await this.#connection.whenCurrentRequestsEnd(timeoutMs);
      await change();
    } finally {
      this.#held = undefined;
      changed.resolve();
    }
  }

  #handle(context: CallContext, request: RequestBody, code: number): Promise<InfoTable | null> {
    if (!this.#held) return this.#dispatch(context, request, code);
    return untilAborted(context.signal, this.#held).then(() => this.#dispatch(context, request, code));
  }

  #dispatch(context: CallContext, request: RequestBody, code: number): Promise<InfoTable | null> {
    const hosted = request.entityType === ENTITY_TYPE.Things ? this.#things.find(request.entityName) : undefined;
    if (!hosted) throw new AgentError('UnknownThing', `The agent has no Thing "${request.entityName}".`);
    if (this.#isRefused(hosted.thing.boundName))
      throw new AgentError('UnknownThing', `Thing "${request.entityName}" is not bound: its BIND was refused.`);
    return hosted.handle(context, request, code);
  }

  /** Whether the platform refused the name. A name whose BIND is pending may be called: its answer may be on the way. */
  #isRefused(name: string): boolean {
    const status = this.#status;
    return status.type === 'bound' && status.refused.includes(name) && !this.#connection.boundNames.includes(name);
  }

  #onStatus(reported: ConnectionStatus): void {
    const isRenewed = reported.type === 'closed' && this.#renewal !== undefined && !this.#isClosing;
    const status: ConnectionStatus = isRenewed
      ? { type: 'lost', cause: this.#renewal ?? '', kind: 'renewed' }
      : reported;
    this.#status = status;
    this.#report.onStatus(status);
    if (status.type === 'closed') this.#things.close();
    else this.#things.update(this.#connection);
    if (status.type === 'bound' || status.type === 'closed') for (const onReady of this.#starting) onReady();
    this.#emitStatus(status);
  }

  #emitStatus(status: ConnectionStatus): void {
    try {
      this.emit('status', status);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a listener of the connection status failed');
    }
  }

  #channelOf(thing: EdgeThing): ThingChannel {
    const { clock, instruments, log, outbox, callTimeoutMs, maxMessageBytes } = this.#options;
    const about = { entityType: ENTITY_TYPE.Things, entityName: thing.boundName, code: CODE.POST };
    const call = (characteristic: number, name: string, params: InfoTable | null): Promise<InfoTable | null> =>
      this.#connection.call({ ...about, characteristic, name, params }, callTimeoutMs);
    return {
      call: (service, params) => call(CHARACTERISTIC.services, service, params),
      fire: async (event, data) => void (await call(CHARACTERISTIC.events, event, data)),
      outboxLimits: outbox,
      retryMs: callTimeoutMs / 2,
      maxBatchBytes: maxMessageBytes / 2,
      onQueued: (queue, change) => {
        this.#queued[queue] += change;
        instruments.gauge('edge_queue_length', this.#queued[queue], { queue });
      },
      clock,
      log: log.child({ thing: thing.name }),
      instruments,
    };
  }
}
