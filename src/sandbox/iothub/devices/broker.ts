import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AuthenticateError, Client, PublishPacket } from 'aedes';

/** The largest message that the service accepts (iot-hub-devguide-quotas-throttling). */
const MAX_MESSAGE_BYTES = 256 * 1024;
/** The additional bytes are for topic and header. */
const MAX_PACKET_BYTES = MAX_MESSAGE_BYTES + 8 * 1024;
/** A topic that no client can subscribe to. Published messages are redirected to it once they have been read. */
const DEAD_TOPIC = '$iothub/dead';
/** CONNACK 5, not authorized: the response to every refused client. */
const NOT_AUTHORIZED = 5;
/** How long a connection may take to send CONNECT. */
const CONNECT_TIMEOUT_MS = 15_000;

/** The decisions of the gateway; the broker implements MQTT. */
export interface BrokerHooks {
  /** Whether a CONNECT is accepted. */
  authenticate(client: Client, userName: string, password: string): boolean;
  maySubscribe(client: Client, filter: string): boolean;
  /** Called once CONNACK is sent and the session is restored. */
  ready(client: Client): void;
  /** The client has a subscription: a new one, or (before `ready`) one of the session that it resumes. */
  subscribed(client: Client, filter: string): void;
  /** Called once the SUBACK for new subscriptions is sent. */
  acknowledged(client: Client): void;
  unsubscribed(client: Client, filters: readonly string[]): void;
  /** Handles a message; `false` when its topic is not one of this client's, which ends the connection. */
  published(client: Client, topic: string, payload: Buffer): boolean;
  /** Called with an unexpected error of the hub or the broker. */
  failed(error: unknown): void;
}

export interface Broker {
  /** Serves one connection; `request` is the upgrade request of a WebSocket. */
  handle(connection: Duplex, request?: IncomingMessage): void;
  /** Sends to this one client, whatever others are subscribed to. */
  send(client: Client, topic: string, payload: string | Buffer): void;
  /** Deletes the session of a client that will not reconnect. */
  forgetSession(clientId: string): void;
  close(): Promise<void>;
}

/**
 * An MQTT 3.1.1 broker that forwards nothing between clients; it only exchanges messages with each of them.
 * The library is loaded when it is needed, because most commands do not use it.
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

/** Contains an unexpected error: only the request that triggered it fails. */
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
 * Reads a message without forwarding it. An error closes the connection without an acknowledgement, as the service does
 * for QoS 2, for a message that is too large, and for an unknown topic: the service is not a general broker,
 * and a message to a misspelled topic must not seem delivered.
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

/** Private members of an aedes client, as of 1.2. A test fails if they have moved. */
interface ClientInside {
  readonly _parser: {
    prependListener(event: 'packet', listener: (packet: IncomingPacket) => void): void;
    /** Returns the number of buffered bytes of an incomplete packet. */
    parse(bytes: Buffer): number;
  };
}

interface IncomingPacket {
  readonly cmd: string;
  readonly subscriptions?: readonly { qos: number }[];
}

/** aedes grants QoS 2 on request; IoT Hub grants 1 at most (iot-mqtt-connect-to-iot-hub). */
function grantAtMostQosOne(client: Client): void {
  insideOf(client)._parser.prependListener('packet', (packet) => {
    if (packet.cmd !== 'subscribe') return;
    for (const subscription of packet.subscriptions ?? []) subscription.qos = Math.min(subscription.qos, 1);
  });
}

/** aedes buffers packets up to the 256 MB that MQTT allows; this closes a connection above `maxBytes`. */
function limitPacketSize(client: Client, maxBytes: number): void {
  const parser = insideOf(client)._parser;
  const parse = parser.parse.bind(parser);
  parser.parse = (bytes) => {
    const keptBytes = parse(bytes);
    if (keptBytes > maxBytes) client.conn.destroy();
    return keptBytes;
  };
}

function insideOf(client: Client): ClientInside {
  return client as unknown as ClientInside;
}
