import { CHARACTERISTIC, CODE, ENTITY_TYPE } from '../alwayson/codec/codes.js';
import type { RequestBody } from '../alwayson/codec/message.js';
import type { InfoTable } from '../alwayson/codec/values-model.js';
import { Connection } from '../alwayson/connection.js';
import type { ConnectionStatus } from '../alwayson/session-types.js';
import { inferPrimitive, rowsFromTable } from '../alwayson/values.js';
import type { CallContext } from '../core/call-context.js';
import { deferred } from '../core/deferred.js';
import { AgentError } from '../core/errors.js';
import { completeOptions, connectionOptions, type CompleteOptions, type EdgeClientOptions } from './client-options.js';
import type { ServiceParameters } from './definitions.js';
import { HostedThing } from './hosted-thing.js';
import { logStatus } from './status-log.js';
import type { ThingLine } from './thing-line.js';
import type { EdgeThing } from './thing.js';

export type { EdgeClientOptions } from './client-options.js';

/** What a call of the edge goes to. */
export interface Entity {
  readonly type: keyof typeof ENTITY_TYPE;
  readonly name: string;
}

/**
 * Offers Things to a ThingWorx platform. It connects, authenticates, binds the Things, answers what the platform asks
 * of them, and comes back by itself after every loss, until it is drained or closed.
 */
export class EdgeClient {
  readonly #options: CompleteOptions;
  readonly #connection: Connection;
  readonly #hosted = new Map<string, HostedThing>();
  readonly #names: string[] = [];
  #status: ConnectionStatus | { readonly type: 'idle' } = { type: 'idle' };

  /** @throws AgentError ConfigurationInvalid for a URL that cannot be used, `ws://` without `allowInsecure` among them. */
  constructor(options: EdgeClientOptions) {
    this.#options = completeOptions(options);
    this.#connection = new Connection(
      connectionOptions(this.#options, this.#names, (context, request, code) => this.#handle(context, request, code)),
    );
    this.#connection.onStatus((status) => this.#onStatus(status));
  }

  /** The last status that was told; `idle` before `start`. */
  get status(): ConnectionStatus | { readonly type: 'idle' } {
    return this.#status;
  }

  /** The platform's requests that are being answered. */
  get requestsInFlight(): number {
    return this.#connection.requestsInFlight;
  }

  /**
   * Adds a Thing; it is bound with the next connection, or at once.
   * @throws AgentError ConfigurationInvalid if a Thing of that name is there already.
   */
  addThing(thing: EdgeThing): void {
    if (this.#hosted.has(thing.boundName) || this.#hosted.has(thing.name))
      throw new AgentError('ConfigurationInvalid', `Two Things are named "${thing.name}".`);
    const hosted = new HostedThing(thing, this.#lineOf(thing));
    // The platform addresses a Thing by the string that it was bound with, or by its name (5.2).
    for (const name of new Set([thing.boundName, thing.name])) this.#hosted.set(name, hosted);
    this.#connection.addName(thing.boundName);
  }

  /** Connects. Resolves when bound for the first time, when `signal` aborts, or when closed; losses are its own affair. */
  async start(signal?: AbortSignal): Promise<void> {
    const ready = deferred();
    const stop = this.#connection.onStatus(({ type }) => {
      if (type === 'bound' || type === 'closed') ready.resolve();
    });
    const onAbort = (): void => ready.resolve();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (this.#status.type === 'bound' || this.#status.type === 'closed' || signal?.aborted) ready.resolve();
    if (!signal?.aborted) this.#connection.start();
    await ready.promise;
    signal?.removeEventListener('abort', onAbort);
    stop();
  }

  /** Hears of every change of the connection; returns what ends it. */
  on(_event: 'status', listener: (status: ConnectionStatus) => void): () => void {
    return this.#connection.onStatus(listener);
  }

  /**
   * Calls a service on the platform. A parameter's base type is that of its JavaScript type (number: NUMBER, Date:
   * DATETIME, object: JSON, ...); for another one pass a `Primitive`.
   * @returns the value of a single `result`, the rows of a table, or undefined.
   * @throws AgentError ConnectionLost, RequestTimeout, RequestRefused, QueueFull.
   */
  async callService(
    entity: Entity,
    service: string,
    parameters: ServiceParameters = {},
    options: { readonly timeoutMs?: number } = {},
  ): Promise<unknown> {
    const request = {
      code: CODE.POST,
      entityType: ENTITY_TYPE[entity.type],
      entityName: entity.name,
      characteristic: CHARACTERISTIC.services,
      name: service,
      params: parameterTable(parameters),
    };
    return nativeResult(await this.#connection.call(request, options.timeoutMs ?? this.#options.callTimeoutMs));
  }

  /** Takes no new work, answers what is open or refuses it after `timeoutMs`, unbinds and closes. */
  async drain(timeoutMs: number): Promise<void> {
    await this.#connection.drain(timeoutMs);
  }

  /** Closes at once. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  #handle(context: CallContext, request: RequestBody, code: number): Promise<InfoTable | null> {
    const hosted = request.entityType === ENTITY_TYPE.Things ? this.#hosted.get(request.entityName) : undefined;
    if (!hosted) throw new AgentError('UnknownThing', `The agent has no Thing "${request.entityName}".`);
    if (this.#isRefused(hosted.thing.boundName))
      throw new AgentError('UnknownThing', `Thing "${request.entityName}" is not bound: its BIND was refused.`);
    return hosted.handle(context, request, code);
  }

  /** Whether the platform has refused the name; one whose BIND is open may be called, since its answer may be under way. */
  #isRefused(name: string): boolean {
    const status = this.#status;
    return status.type === 'bound' && status.refused.includes(name) && !this.#connection.boundNames.includes(name);
  }

  #onStatus(status: ConnectionStatus): void {
    this.#status = status;
    logStatus(this.#options.log, status);
    this.#options.instruments.count('alwayson_status_total', { status: status.type });
    const bound = new Set(this.#connection.boundNames);
    for (const hosted of new Set(this.#hosted.values())) {
      if (status.type === 'closed') hosted.close();
      else hosted.setBound(bound.has(hosted.thing.boundName));
    }
  }

  #lineOf(thing: EdgeThing): ThingLine {
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
      clock,
      log: log.child({ thing: thing.name }),
      instruments,
    };
  }
}

function parameterTable(parameters: ServiceParameters): InfoTable | null {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  if (given.length === 0) return null;
  const cells = given.map(([name, value]) => ({ name, primitive: inferPrimitive(value) }));
  return {
    fields: cells.map(({ name, primitive }) => ({
      name,
      description: '',
      baseType: primitive.baseType,
      aspects: new Map(),
    })),
    rows: [cells.map(({ primitive }) => primitive.value)],
  };
}

function nativeResult(table: InfoTable | null): unknown {
  if (!table) return undefined;
  const rows = rowsFromTable(table);
  const isSingle = table.fields.length === 1 && table.fields[0]?.name === 'result' && rows.length === 1;
  return isSingle ? rows[0]?.['result'] : rows;
}
