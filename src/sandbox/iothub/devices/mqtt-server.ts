import { createServer, type Server, type TLSSocket } from 'node:tls';

/** How long a connection may take for its TLS handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface MqttServerOptions {
  /** The private key of the server, PEM. */
  readonly key: string;
  readonly cert: string;
}

/**
 * Creates the server for MQTT over TLS, not yet listening. It requests a client certificate but does not require one:
 * devices with X.509 authentication are identified by the thumbprint, regardless of the issuer.
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
      // MQTT sends many small messages, which must not wait for each other's TCP acknowledgement.
      noDelay: true,
    },
    handle,
  );
  // A failed handshake concerns only its client.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}
