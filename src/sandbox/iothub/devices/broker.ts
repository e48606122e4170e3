import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AuthenticateError, Client, PublishPacket } from 'aedes';
import { grantAtMostQosOne, limitPacketSize } from './aedes-limits.js';

/** The largest message that the service takes (iot-hub-devguide-quotas-throttling). */
const MAX_MESSAGE_BYTES = 256 * 1024;
/** The rest is for topic and header. */
const MAX_PACKET_BYTES = MAX_MESSAGE_BYTES + 8 * 1024;
/** A topic that nobody can subscribe to: here goes whatever a device publishes, once it has been read. */
const DEAD_TOPIC = '$iothub/dead';
/** CONNACK 5, not authorized: the answer to everybody who is refused. */
const NOT_AUTHORIZED = 5;
/** How long a connection may take to say CONNECT. */
const CONNECT_TIMEOUT_MS = 15_000;

/** What the gateway decides; the broker does the MQTT. */
export interface BrokerHooks {
  /** Whether a CONNECT is good. */
  authenticate(client: Client, userName: string, password: string): boolean;
  maySubscribe(client: Client, filter: string): boolean;
  /** CONNACK is out, and the session restored. */
  ready(client: Client): void;
  /** The client has a subscription: a new one, or (before `ready`) one of the session that it goes on with. */
  subscribed(client: Client, filter: string): void;
  /** The SUBACK for new subscriptions is out. */
  acknowledged(client: Client): void;
  unsubscribed(client: Client, filters: readonly string[]): void;
  /** Handles a message; `false` when its topic is not one of this client's, which ends the connection. */
  published(client: Client, topic: string, payload: Buffer): boolean;
  /** A defect, ours or the broker's. */
  failed(error: unknown): void;
}

export interface Broker {
  /** Serves one connection; `request` is the upgrade request of a WebSocket. */
  handle(connection: Duplex, request?: IncomingMessage): void;
  /** Sends to this one client, whatever others are subscribed to. */
  send(client: Client, topic: string, payload: string | Buffer): void;
  /** Forgets the session of a client that will not come back. */
  forgetSession(clientId: string): void;
  close(): Promise<void>;
}

/**
 * An MQTT 3.1.1 broker that carries nothing from one client to another: it only speaks with each of them.
 * Loaded when needed, since most commands need none.
 */
export async function openBroker(hooks: BrokerHooks): Promise<Broker> {
  const { Aedes } = await import('aedes');
  const aedes = await Aedes.createBroker({
    connectTimeout: CONNECT_TIMEOUT_MS,
    authenticate: (client, userName, password, done) => {
      const isGood = attempt(hooks, () => hooks.authenticate(client, userName ?? '', password?.toString('utf8') ?? ''));
      done(isGood ? null : notAuthorized(), isGood ?? false);
    },
    authorizeSubscribe: (client, subscription, done) => {
      const isAllowed = hooks.maySubscribe(client, subscription.topic);
      if (isAllowed) hooks.subscribed(client, subscription.topic);
      done(null, isAllowed ? subscription : null);
    },
    authorizePublish: (client, packet, done) => done(client ? swallow(hooks, client, packet) : null),
  });
  (aedes as EventEmitter).on('error', (error: unknown) => hooks.failed(error));
  aedes.on('clientReady', (client: Client) => hooks.ready(client));
  aedes.on('subscribe', (_subscriptions, client: Client) => hooks.acknowledged(client));
  aedes.on('unsubscribe', (filters: readonly string[], client: Client) => hooks.unsubscribed(client, filters));
  return {
    handle(connection, request) {
      const client = aedes.handle(connection, request);
      grantAtMostQosOne(client);
      limitPacketSize(client, MAX_PACKET_BYTES);
    },
    send: (client, topic, payload) => {
      if (client.closed) return;
      client.publish({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false }, () => undefined);
    },
    forgetSession: (clientId) => {
      const persistence = aedes as unknown as { persistence: { cleanSubscriptions(client: object): Promise<unknown> } };
      persistence.persistence.cleanSubscriptions({ id: clientId }).catch(() => undefined);
    },
    close: () => new Promise((resolve) => aedes.close(() => resolve())),
  };
}

/** Whatever a device may have sent to bring it about, a defect costs it its own request and nobody else theirs. */
function attempt<T>(hooks: BrokerHooks, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    hooks.failed(error);
    return undefined;
  }
}

function notAuthorized(): AuthenticateError {
  return Object.assign(new Error('not authorized'), { returnCode: NOT_AUTHORIZED as number }) as AuthenticateError;
}

/**
 * Reads a message and sends it nowhere. An error closes the connection without an acknowledgement, as the service does
 * for QoS 2, for a message that is too large, and for a topic that it does not know: the service is no general broker,
 * and a misspelt topic must not look delivered.
 */
function swallow(hooks: BrokerHooks, client: Client, packet: PublishPacket): Error | null {
  if (packet.qos === 2) return new Error('QoS 2 is not supported');
  const payload = Buffer.from(packet.payload as Buffer);
  if (payload.length > MAX_MESSAGE_BYTES) return new Error(`a message has more than ${MAX_MESSAGE_BYTES} bytes`);
  const isKnown = attempt(hooks, () => hooks.published(client, packet.topic, payload));
  if (isKnown === false) return new Error('the topic is not known');
  Object.assign(packet, { topic: DEAD_TOPIC, payload: Buffer.alloc(0), retain: false });
  return null;
}
