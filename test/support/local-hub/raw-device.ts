import { makeSasToken } from '../../../src/sandbox/iothub/access/sas-token.js';
import { RawDevice } from '../sandbox/devices/raw-mqtt.js';
import { keyOf, splitAddress } from './hub-rest.js';
import type { HubUnderTest } from './hub-under-test.js';

/** Registers a device and connects it as a raw device, subscribed to methods and to responses about its twin. */
export async function connectRawDevice(tested: HubUnderTest, deviceId: string): Promise<RawDevice> {
  const { connectionString } = await tested.hub.registerDevice(deviceId);
  const [, port] = splitAddress(tested.hub.mqttAddress);
  const device = await RawDevice.open(port, tested.hub.caPem, { servername: 'hub.local' });
  const password = makeSasToken({
    resource: `hub.local/devices/${deviceId}`,
    key: keyOf(connectionString),
    expirySeconds: Math.floor(Date.now() / 1000) + 3600,
  });
  const { code } = await device.connect(deviceId, {
    userName: `hub.local/${deviceId}/?api-version=2021-04-12`,
    password,
  });
  if (code !== 0) throw new Error(`CONNACK ${code}`);
  await device.subscribe(['$iothub/methods/POST/#', '$iothub/twin/res/#']);
  return device;
}
