import type { Client } from 'aedes';

/** What aedes keeps to itself of a client, as of 1.2; a test fails when it has moved. */
interface ClientInside {
  readonly _parser: {
    prependListener(event: 'packet', listener: (packet: IncomingPacket) => void): void;
    /** Answers how many bytes it keeps because their packet is not yet complete. */
    parse(bytes: Buffer): number;
  };
}

interface IncomingPacket {
  readonly cmd: string;
  readonly subscriptions?: readonly { qos: number }[];
}

/** aedes grants QoS 2 to whoever asks; IoT Hub grants 1 at most (iot-mqtt-connect-to-iot-hub). */
export function grantAtMostQosOne(client: Client): void {
  insideOf(client)._parser.prependListener('packet', (packet) => {
    if (packet.cmd !== 'subscribe') return;
    for (const subscription of packet.subscriptions ?? []) subscription.qos = Math.min(subscription.qos, 1);
  });
}

/** aedes collects packets up to the 256 MB that MQTT allows; this one closes the connection above `maxBytes`. */
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
