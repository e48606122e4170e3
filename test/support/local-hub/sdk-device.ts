import { Client, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import type { HubUnderTest } from './hub-under-test.js';

export interface SdkDevice {
  readonly client: Client;
  readonly twin: Twin;
  /** The received patches of desired properties, in order. */
  readonly patches: any[];
  close(): Promise<void>;
}

/** Registers a device, connects it over MQTT with Microsoft's SDK, and subscribes to desired properties. */
export async function connectDevice(tested: HubUnderTest, deviceId: string): Promise<SdkDevice> {
  const { connectionString } = await tested.hub.registerDevice(deviceId);
  const client = Client.fromConnectionString(connectionString, Mqtt);
  await client.setOptions({ ca: tested.hub.caPem });
  await client.open();
  const patches: any[] = [];
  const twin = await client.getTwin();
  await new Promise<void>((resolve) => {
    // The first event has the state that getTwin read; it occurs before the subscription exists.
    twin.on('properties.desired', (patch: unknown) => {
      patches.push(patch);
      resolve();
    });
  });
  await subscribed(client);
  patches.length = 0;
  return { client, twin, patches, close: () => client.close().then(() => undefined) };
}

/** Waits for the SDK's subscription, which it makes in the background: a second read of the twin completes after it. */
async function subscribed(client: Client): Promise<void> {
  await client.getTwin();
}
