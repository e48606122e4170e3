import type { Duplex } from 'node:stream';
import type { Client } from 'aedes';
import type { Clock, Timer } from '../../../core/clock.js';
import { stringifyJson } from '../../../core/exact-json.js';
import type { Log } from '../../../core/log.js';
import type { DeviceDirectory, DeviceGateway, EndpointId, MethodCall, MethodOutcome, TwinSection } from '../ports.js';
import type { Broker, BrokerHooks } from './broker.js';
import { Connection } from './connection.js';
import { checkCredentials, readUserName, tokenExpiryMs } from './credentials.js';
import { endpointKey, endpointOfClientId } from '../model/endpoint.js';
import { MethodCaller, readMethodAnswer } from './method-caller.js';
import { DeviceWaiters } from '../device-waiters.js';
import * as topics from './topics.js';
import { answerTwinGet, applyReported, brokenAnswer, type TwinAnswer, versionMissing } from './twin-requests.js';

export interface MqttDevicesOptions {
  readonly hostName?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with each authenticated connection. */
  readonly admit: (connection: Duplex) => void;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/** The devices connected over MQTT, and the messages between them and the hub. */
export class MqttDevices implements DeviceGateway, BrokerHooks {
  readonly #directory: DeviceDirectory;
  readonly #options: MqttDevicesOptions;
  readonly #waiters: DeviceWaiters;
  readonly #caller: MethodCaller;
  readonly #known = new WeakMap<Client, Connection>();
  /** The newest connection of each device, from its authentication on. */
  readonly #connected = new Map<string, Connection>();
  #broker: Broker | undefined;

  constructor(directory: DeviceDirectory, options: MqttDevicesOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#waiters = new DeviceWaiters(options.clock);
    this.#caller = new MethodCaller(options.clock, (connection, methodName, requestId, payload) =>
      this.#send(connection, topics.methodTopic(methodName, requestId), payload),
    );
  }

  /** Sets the broker, which is created after this object. */
  attach(broker: Broker): void {
    this.#broker = broker;
  }

  isConnected(id: EndpointId): boolean {
    return this.#connected.has(endpointKey(id));
  }

  async invokeMethod(id: EndpointId, call: MethodCall): Promise<MethodOutcome> {
    const key = endpointKey(id);
    // The device may receive its CONNACK shortly before the subscriptions of its session are restored.
    await this.#connected.get(key)?.restored;
    if (!this.#readyForMethods(key)) await this.#waiters.whenReady(id, call.connectTimeoutMs, call.signal);
    const connection = this.#readyForMethods(key);
    return connection ? this.#caller.call(connection, call) : { kind: 'notOnline' };
  }

  notifyDesired(id: EndpointId, patch: TwinSection, version: number): void {
    const connection = this.#connected.get(endpointKey(id));
    if (!connection) return;
    const send = (): void => {
      if (!connection.isReady || !connection.subscriptions.has(topics.DESIRED_FILTER)) return;
      this.#send(connection, topics.desiredTopic(version), stringifyJson({ ...patch, $version: version }) ?? '');
    };
    if (connection.isReady) send();
    else void connection.restored.then(send);
  }

  disconnect(id: EndpointId): void {
    const key = endpointKey(id);
    this.#connected.get(key)?.client.close();
    this.#broker?.forgetSession(key);
  }

  /** Closes all connections, and ends all waits for a device. */
  close(): void {
    this.#waiters.close();
    for (const { client } of this.#connected.values()) client.close();
  }

  authenticate(client: Client, userName: string, password: string): boolean {
    const id = endpointOfClientId(client.id);
    const name = readUserName(userName, client.id);
    if (!id || !name || !this.#isOwnHost(name.host)) {
      this.#options.log.info({ clientId: client.id }, 'refused a device: its user name is not for this hub and client');
      return false;
    }
    const socket = (client.req?.socket ?? client.conn) as Duplex;
    const verdict = checkCredentials(this.#directory, id, password, socket);
    if (!verdict.ok) {
      this.#options.log.info({ clientId: client.id, reason: verdict.reason }, 'refused a device');
      return false;
    }
    if (client.conn.destroyed) return false;
    this.#options.admit(client.conn);
    const hasApiVersion = name.apiVersion !== undefined;
    this.#take(new Connection(id, client, { hasApiVersion, expiry: this.#endWithToken(client, password) }));
    return true;
  }

  maySubscribe(client: Client, filter: string): boolean {
    const connection = this.#known.get(client);
    return connection !== undefined && topics.isOwnFilter(connection.id, filter);
  }

  subscribed(client: Client, filter: string): void {
    this.#known.get(client)?.subscriptions.add(filter);
  }

  acknowledged(client: Client): void {
    const connection = this.#known.get(client);
    if (connection) this.#announce(connection);
  }

  unsubscribed(client: Client, filters: readonly string[]): void {
    for (const filter of filters) this.#known.get(client)?.subscriptions.delete(filter);
  }

  ready(client: Client): void {
    const connection = this.#known.get(client);
    if (!connection || client.closed) return;
    connection.ready();
    // aedes has closed the connection that this one replaces, unless it was closing already.
    connection.replaces?.client.close();
    connection.replaces = undefined;
    this.#announce(connection);
  }

  published(client: Client, topic: string, payload: Buffer): boolean {
    const connection = this.#known.get(client);
    if (!connection) return false;
    const { id } = connection;
    const message = topics.readTopic(id, topic);
    switch (message.kind) {
      case 'telemetry':
        this.#directory.telemetry(id, payload.length);
        break;
      case 'twinGet':
        this.#answerTwin(connection, message.requestId, () =>
          Promise.resolve(answerTwinGet(this.#directory, id, message.requestId)),
        );
        break;
      case 'reported':
        this.#answerTwin(connection, message.requestId, () =>
          applyReported(this.#directory, id, { requestId: message.requestId, payload }),
        );
        break;
      case 'methodAnswer':
        connection.answer(message.requestId, readMethodAnswer(message.status, payload));
        break;
      case 'unknown':
        this.#options.log.info({ deviceId: id.deviceId }, 'ended a connection: it published to an unknown topic');
        return false;
    }
    return true;
  }

  failed(error: unknown): void {
    this.#options.log.error({ err: error }, 'the device side of the hub failed');
  }

  /** The device counts as connected from here on, before its CONNACK is sent. */
  #take(connection: Connection): void {
    const key = endpointKey(connection.id);
    connection.replaces = this.#connected.get(key);
    connection.replaces?.lost();
    this.#known.set(connection.client, connection);
    this.#connected.set(key, connection);
    connection.client.conn.once('close', () => this.#gone(connection));
    this.#directory.setConnected(connection.id, true);
  }

  #gone(connection: Connection): void {
    connection.lost();
    const key = endpointKey(connection.id);
    // A newer connection of the same device may have taken its place already.
    if (this.#connected.get(key) !== connection) return;
    this.#connected.delete(key);
    this.#directory.setConnected(connection.id, false);
  }

  #answerTwin(connection: Connection, requestId: string, answer: () => Promise<TwinAnswer>): void {
    const respond = connection.hasApiVersion ? answer : () => Promise.resolve(versionMissing(requestId));
    void Promise.resolve()
      .then(respond)
      .catch((error: unknown) => brokenAnswer(requestId, error, this.#options.log))
      .then(({ topic, payload }) => {
        if (connection.subscriptions.has(topics.TWIN_ANSWERS_FILTER)) this.#send(connection, topic, payload);
      });
  }

  #send(connection: Connection, topic: string, payload: string): void {
    this.#broker?.send(connection.client, topic, payload);
  }

  #readyForMethods(key: string): Connection | undefined {
    const connection = this.#connected.get(key);
    return connection?.isReady && connection.subscriptions.has(topics.METHODS_FILTER) ? connection : undefined;
  }

  #announce({ id }: Connection): void {
    if (this.#readyForMethods(endpointKey(id))) this.#waiters.announce(id);
  }

  #isOwnHost(host: string): boolean {
    const own = this.#options.hostName;
    return own === undefined || withoutPort(host) === withoutPort(own);
  }

  /** A connection lasts no longer than the token that opened it; devices reconnect with a new token. */
  #endWithToken(client: Client, password: string): Timer | undefined {
    const expiryMs = tokenExpiryMs(password);
    if (expiryMs === undefined) return undefined;
    const delayMs = expiryMs - this.#options.clock.nowMs();
    // Timers cannot be set for longer than this; treated as unlimited.
    return delayMs > MAX_TIMER_MS ? undefined : this.#options.clock.schedule(delayMs, () => client.close());
  }
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}
