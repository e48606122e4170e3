import type { DataShapeDefinition, DataShapeField } from '../edge/definitions.js';

const text = (name: string, description: string): DataShapeField => ({ name, baseType: 'STRING', description });
const time = (name: string, description: string): DataShapeField => ({ name, baseType: 'DATETIME', description });

export const AZURE_IOT_DEVICE: DataShapeDefinition = {
  name: 'AzureIotDevice',
  description: 'A device of an Azure IoT Hub',
  fields: [
    { ...text('deviceId', 'The id of the device'), isPrimaryKey: true },
    text('status', 'enabled or disabled'),
    text('statusReason', 'Why the device has this status'),
    text('connectionState', 'Connected or Disconnected'),
    text('authenticationType', 'sas, selfSigned or certificateAuthority'),
    time('lastActivityTime', 'When the device last connected, sent or received; empty if it never did'),
    time('connectionStateUpdatedTime', 'When its connection state last changed'),
    time('statusUpdatedTime', 'When its status last changed'),
    {
      name: 'cloudToDeviceMessageCount',
      baseType: 'INTEGER',
      description: 'Number of cloud-to-device messages that are queued for the device',
    },
    { name: 'edgeDevice', baseType: 'BOOLEAN', description: 'Whether it is an IoT Edge device' },
    text('etag', 'The etag of the identity'),
    text('generationId', 'Distinguishes this device from deleted ones with the same id'),
    { name: 'tags', baseType: 'JSON', description: 'The tags of its twin; empty if it has none' },
  ],
};

/** What CreateDevice returns if `services.showDeviceKeys` is set. */
export const AZURE_IOT_DEVICE_WITH_KEYS: DataShapeDefinition = {
  name: 'AzureIotDeviceWithKeys',
  description: 'A new device of an Azure IoT Hub, with its keys',
  fields: [
    ...AZURE_IOT_DEVICE.fields,
    text('primaryKey', 'The primary symmetric key; empty for certificates'),
    text('secondaryKey', 'The secondary symmetric key; empty for certificates'),
  ],
};

export const SINGLE_DEVICE_DATA_SHAPES: readonly DataShapeDefinition[] = [AZURE_IOT_DEVICE, AZURE_IOT_DEVICE_WITH_KEYS];
