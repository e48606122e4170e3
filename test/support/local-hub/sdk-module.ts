import { ModuleClient } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import type { LocalIotHub } from '../../../src/sandbox/iothub/local-iot-hub.js';

/** Connects a registered module over MQTT with Microsoft's SDK. */
export async function connectModule(
  hub: Pick<LocalIotHub, 'hostName' | 'mqttAddress' | 'caPem'>,
  { deviceId, moduleId, key }: { readonly deviceId: string; readonly moduleId: string; readonly key: string },
): Promise<ModuleClient> {
  const ids = `DeviceId=${deviceId};ModuleId=${moduleId}`;
  const client = ModuleClient.fromConnectionString(
    `HostName=${hub.hostName};${ids};SharedAccessKey=${key};GatewayHostName=${hub.mqttAddress}`,
    Mqtt,
  );
  await client.setOptions({ ca: hub.caPem });
  await client.open();
  return client;
}
