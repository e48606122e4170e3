import { createServer, type Server, type TLSSocket } from 'node:tls';

/** How long a connection may take for its TLS handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface MqttServerOptions {
  /** Of the server, PEM. */
  readonly key: string;
  readonly cert: string;
}

/**
 * The server of MQTT over TLS, not yet listening. It asks for a client certificate but wants none: devices with X.509
 * authentication are known by the thumbprint, whoever has signed it.
 */
export function createMqttServer(options: MqttServerOptions, handle: (socket: TLSSocket) => void): Server {
  const server = createServer(
    {
      key: options.key,
      cert: options.cert,
      minVersion: 'TLSv1.2',
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      // MQTT is many small messages that must not wait for each other's acknowledgement.
      noDelay: true,
    },
    handle,
  );
  // A handshake that fails is its client's concern.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}
