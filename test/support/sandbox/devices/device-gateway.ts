import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createMqttGateway, type MqttGateway } from '../../../../src/sandbox/iothub/devices/mqtt-gateway';
import { createMqttServer } from '../../../../src/sandbox/iothub/devices/mqtt-server';
import { ensureCertificates } from '../../../../src/sandbox/certificates';
import { FakeDirectory } from './fake-directory';

export interface DeviceGateway {
  readonly directory: FakeDirectory;
  readonly gateway: MqttGateway;
  readonly mqttPort: number;
  readonly webSocketPort: number;
  readonly caPem: string;
  connectionString(deviceId: string, moduleId?: string): string;
  close(): Promise<void>;
}

type Certificates = Awaited<ReturnType<typeof ensureCertificates>>;
let certificates: Promise<Certificates> | undefined;

export const hubCertificates = (): Promise<Certificates> =>
  (certificates ??= ensureCertificates(undefined, ['localhost', '127.0.0.1']));

/** Starts the MQTT side of the local hub with a fake directory: TLS and WebSocket on free ports. */
export async function startDeviceGateway(
  options: {
    readonly devices?: readonly string[];
    readonly mqttPort?: number;
    readonly maxUnauthenticated?: number;
  } = {},
): Promise<DeviceGateway> {
  const directory = new FakeDirectory();
  for (const device of options.devices ?? []) directory.known.add(device);
  const { caPem, certPem: cert, keyPem: key } = await hubCertificates();
  const gateway = await createMqttGateway(directory, {
    hostName: 'localhost',
    ...(options.maxUnauthenticated === undefined ? {} : { maxUnauthenticated: options.maxUnauthenticated }),
  });
  const mqtt = createMqttServer({ key, cert }, (socket) => gateway.handleTls(socket));
  const https = createServer({ key, cert, requestCert: true, rejectUnauthorized: false });
  https.on('upgrade', (request, socket, head) => gateway.handleWebSocket(request, socket, head));
  const mqttPort = await listenOn(mqtt, options.mqttPort ?? 0);
  const webSocketPort = await listenOn(https, 0);
  return {
    directory,
    gateway,
    mqttPort,
    webSocketPort,
    caPem,
    connectionString: (deviceId, moduleId) =>
      `HostName=localhost;GatewayHostName=localhost:${mqttPort};DeviceId=${deviceId};` +
      (moduleId ? `ModuleId=${moduleId};` : '') +
      `SharedAccessKey=${Buffer.from('a key').toString('base64')}`,
    async close() {
      const closed = [mqtt, https].map((server) => new Promise((resolve) => server.close(resolve)));
      await gateway.close();
      https.closeAllConnections();
      await Promise.all(closed);
    },
  };
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
