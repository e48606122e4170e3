import { DEFAULT_DESIRED, DEFAULT_TAGS, fillTemplate, type TwinTemplate } from './fleet/fleet-template.js';
import type { NewDevice } from './iothub/register-devices.js';

/** What stands in the twins of the devices of a fleet. */
export interface FleetTwins {
  readonly tags?: TwinTemplate | undefined;
  readonly desired?: TwinTemplate | undefined;
}

/** `device-0001`, ...: the devices that connect. */
export function* sdkDeviceTwins(count: number, twins: FleetTwins): Iterable<NewDevice> {
  for (let index = 0; index < count; index += 1) yield newDevice('device', 4, index, twins);
}

/** `light-000001`, ...: the devices inside the hub. */
export function* lightDeviceTwins(count: number, twins: FleetTwins): Iterable<NewDevice> {
  for (let index = 0; index < count; index += 1) yield newDevice('light', 6, index, twins);
}

function newDevice(prefix: string, digits: number, index: number, twins: FleetTwins): NewDevice {
  return {
    deviceId: `${prefix}-${String(index + 1).padStart(digits, '0')}`,
    tags: fillTemplate(twins.tags ?? DEFAULT_TAGS, index),
    desired: fillTemplate(twins.desired ?? DEFAULT_DESIRED, index),
  };
}
