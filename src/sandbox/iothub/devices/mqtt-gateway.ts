import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, createWebSocketStream } from 'ws';
import { type Clock, systemClock } from '../../../core/clock.js';
import { type Log, silentLog } from '../../../core/log.js';
import type { DeviceDirectory, DeviceGateway } from '../ports.js';
import { openBroker } from './broker.js';
import { MqttDevices } from './mqtt-devices.js';

/** The path of MQTT over WebSocket, on the port of the service API (iot-mqtt-connect-to-iot-hub). */
export const MQTT_WEBSOCKET_PATH = '/$iothub/websocket';
const MQTT_SUB_PROTOCOL = 'mqtt';
const MAX_WEBSOCKET_MESSAGE_BYTES = 1024 * 1024;
const MAX_UNAUTHENTICATED = 2000;

export interface MqttGatewayOptions {
  /** The hub's host name, which user names must have (its port does not matter). Absent: any. */
  readonly hostName?: string;
  /** How many unauthenticated connections may be open at a time. */
  readonly maxUnauthenticated?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** The devices that speak MQTT. */
export interface MqttGateway extends DeviceGateway {
  /** Serves a TLS connection whose handshake is done. */
  handleTls(socket: Socket): void;
  /** Serves an HTTP upgrade; answers 404 when its path is not `MQTT_WEBSOCKET_PATH`. */
  handleWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** Opens the MQTT 3.1.1 gateway for the devices of `directory`. */
export async function createMqttGateway(
  directory: DeviceDirectory,
  options: MqttGatewayOptions = {},
): Promise<MqttGateway> {
  const admission = new Admission(options.maxUnauthenticated ?? MAX_UNAUTHENTICATED);
  const devices = new MqttDevices(directory, {
    ...(options.hostName === undefined ? {} : { hostName: options.hostName }),
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    admit: (connection) => admission.admit(connection),
  });
  const broker = await openBroker(devices);
  devices.attach(broker);
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_WEBSOCKET_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(MQTT_SUB_PROTOCOL) ? MQTT_SUB_PROTOCOL : false),
  });
  const handle = (connection: Duplex, request?: IncomingMessage): void => {
    admission.enter(connection);
    broker.handle(connection, request);
  };
  return {
    isConnected: (id) => devices.isConnected(id),
    invokeMethod: (id, call) => devices.invokeMethod(id, call),
    notifyDesired: (id, patch, version) => devices.notifyDesired(id, patch, version),
    disconnect: (id) => devices.disconnect(id),
    handleTls: (socket) => handle(socket),
    handleWebSocket(request, socket, head) {
      // The client may disconnect during the upgrade.
      socket.on('error', () => undefined);
      if (!isMqttPath(request.url)) {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      webSockets.handleUpgrade(request, socket, head, (webSocket) => handle(createWebSocketStream(webSocket), request));
    },
    async close() {
      admission.close();
      devices.close();
      await broker.close();
    },
  };
}

function isMqttPath(url: string | undefined): boolean {
  const path = (url ?? '').split('?')[0];
  return path === MQTT_WEBSOCKET_PATH || path === encodeURI(MQTT_WEBSOCKET_PATH).replace('$', '%24');
}

/**
 * Bounds the number of unauthenticated connections. One too many closes the oldest, so that a client that floods the hub
 * with silent connections loses them, and devices can still connect.
 */
class Admission {
  readonly #maxWaiting: number;
  readonly #waiting = new Set<Duplex>();

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** The number of unauthenticated connections. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds a new connection, which waits until `admit` or until it closes. */
  enter(connection: Duplex): void {
    for (const oldest of this.#waiting) {
      if (this.#waiting.size < this.#maxWaiting) break;
      this.#waiting.delete(oldest);
      oldest.destroy();
    }
    this.#waiting.add(connection);
    connection.once('close', () => this.#waiting.delete(connection));
  }

  /** Removes a connection that is authenticated. */
  admit(connection: Duplex): void {
    this.#waiting.delete(connection);
  }

  /** Closes all waiting connections. */
  close(): void {
    for (const connection of this.#waiting) connection.destroy();
    this.#waiting.clear();
  }
}
