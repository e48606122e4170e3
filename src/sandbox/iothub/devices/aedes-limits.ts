import type { Client } from 'aedes';

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
export function grantAtMostQosOne(client: Client): void {
  insideOf(client)._parser.prependListener('packet', (packet) => {
    if (packet.cmd !== 'subscribe') return;
    for (const subscription of packet.subscriptions ?? []) subscription.qos = Math.min(subscription.qos, 1);
  });
}

/** aedes buffers packets up to the 256 MB that MQTT allows; this closes a connection above `maxBytes`. */
export function limitPacketSize(client: Client, maxBytes: number): void {
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
