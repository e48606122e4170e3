import { Client, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import type { HubUnderTest } from './hub-under-test.js';

export interface SdkDevice {
  readonly client: Client;
  readonly twin: Twin;
  /** The patches of desired properties that have come, in their order. */
  readonly patches: any[];
  close(): Promise<void>;
}

/** Registers a device, connects it over MQTT with Microsoft's SDK, and listens to desired properties. */
export async function connectDevice(tested: HubUnderTest, deviceId: string): Promise<SdkDevice> {
  const { connectionString } = await tested.hub.registerDevice(deviceId);
  const client = Client.fromConnectionString(connectionString, Mqtt);
  await client.setOptions({ ca: tested.hub.caPem });
  await client.open();
  const patches: any[] = [];
  const twin = await client.getTwin();
  await new Promise<void>((resolve) => {
    // The first event is the state that getTwin has read; it comes before the subscription is made.
    twin.on('properties.desired', (patch: unknown) => {
      patches.push(patch);
      resolve();
    });
  });
  await subscribed(client);
  patches.length = 0;
  return { client, twin, patches, close: () => client.close().then(() => undefined) };
}

/** The SDK subscribes behind the scenes: a second read of the twin comes back after that. */
async function subscribed(client: Client): Promise<void> {
  await client.getTwin();
}
