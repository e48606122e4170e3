import type { Device, Service } from '../../api/types.js';
import { isService } from '../parts/invoke.js';
import type { Drafts } from './draft.js';

/** An action on one device: a service of the Thing whose form is filled in with the device. */
export interface DeviceAction {
  /** The short name of its service. */
  readonly name: string;
  readonly title: string;
  readonly service: Service;
  readonly isDanger: boolean;
  readonly initial: Drafts;
  /** Parameters without an input: what the page says already, or what does not fit the others. */
  readonly hidden: ReadonlySet<string>;
}

/** The actions on a device that the catalogue offers now. */
export function deviceActions(services: readonly Service[], { deviceId, etag = '', status }: Device): DeviceAction[] {
  const next = status === 'disabled' ? 'enabled' : 'disabled';
  const action = (name: string, title: string, more: Drafts = {}, hidden: readonly string[] = []): DeviceAction[] => {
    const service = services.find((service) => isService(service.name, name));
    if (!service || service.disabled !== undefined) return [];
    const isDanger = name === 'DeleteDevice' || (name === 'SetDeviceStatus' && next === 'disabled');
    const initial = { ...more, deviceId };
    return [{ name, title, service, isDanger, initial, hidden: new Set(['deviceId', ...hidden]) }];
  };
  return [
    ...action('InvokeDeviceMethod', 'Call a method'),
    // The etag is that of the twin of the device; a module has another one.
    ...action('UpdateDeviceTwin', 'Update the twin', { etag }, ['moduleId']),
    ...action('SetDeviceStatus', next === 'disabled' ? 'Disable' : 'Enable', { status: next }, ['status']),
    ...action('DeleteDevice', 'Delete'),
  ];
}

/** A device as an action has left it. @param result what its service returned. */
export function deviceAfter(device: Device, name: string, result: unknown): Device {
  if (name === 'UpdateDeviceTwin') {
    const { etag = device.etag, tags = {}, properties = {} } = result as Twin;
    const { desired, reported } = properties;
    return { ...device, etag, tags, desired: withoutMetadata(desired), reported: withoutMetadata(reported) };
  }
  if (name !== 'SetDeviceStatus') return device;
  const [row = {}] = result as readonly Pick<Device, 'status' | 'statusReason'>[];
  return { ...device, status: row.status ?? device.status, statusReason: row.statusReason };
}

type Values = Record<string, unknown>;

interface Twin {
  readonly etag?: string;
  readonly tags?: Values;
  readonly properties?: { readonly desired?: Values; readonly reported?: Values };
}

const withoutMetadata = ({ $metadata: _metadata, $version: _version, ...values }: Values = {}): Values => values;

/** Selects one device. Ids may hold quotes. */
export const conditionFor = (deviceId: string): string =>
  `deviceId = '${deviceId.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
