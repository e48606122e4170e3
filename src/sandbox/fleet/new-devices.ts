import type { NewDevice } from '../iothub/register-devices.js';

/** The template of the tags or desired properties in the twin of each device. */
export type TwinTemplate = Readonly<Record<string, unknown>>;

/** Tags used if the configuration has none, so that queries find devices. */
export const DEFAULT_TAGS: TwinTemplate = {
  site: ['hamburg', 'lyon', 'porto'],
  model: ['press', 'pump'],
  floor: [1, 2, 3, 4],
};

/** Desired properties used if the configuration has none. */
export const DEFAULT_DESIRED: TwinTemplate = { firmware: '1.0.0', telemetryIntervalSeconds: 60 };

/**
 * Fills the tags or desired properties of the device at `index` (from 0). `{index}` in a string is replaced; an array is
 * replaced by one of its elements, in turn. Two arrays of the same length would always yield the same pairs, so each array
 * of a template advances more slowly than the one before it.
 */
export function fillTemplate(template: TwinTemplate, index: number): Record<string, unknown> {
  const turn = { slowness: 1 };
  return fillObject(template, index, turn);
}

/** How many consecutive devices take the same element of the next array. */
interface Turn {
  slowness: number;
}

function fillObject(template: object, index: number, turn: Turn): Record<string, unknown> {
  const filled = Object.entries(template).map(([name, value]) => [name, fillValue(value, index, turn)] as const);
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}

function fillValue(value: unknown, index: number, turn: Turn): unknown {
  if (typeof value === 'string') return value.replaceAll('{index}', String(index));
  if (Array.isArray(value)) return fillValue(pick(value, index, turn), index, turn);
  if (typeof value === 'object' && value !== null) return fillObject(value, index, turn);
  return value;
}

function pick(elements: readonly unknown[], index: number, turn: Turn): unknown {
  const picked = elements[Math.floor(index / turn.slowness) % Math.max(1, elements.length)];
  turn.slowness *= Math.max(1, elements.length);
  return picked;
}

/** The templates of the twins of a fleet. */
export interface FleetTwins {
  readonly tags?: TwinTemplate | undefined;
  readonly desired?: TwinTemplate | undefined;
}

/** Yields the devices that connect over the network: `device-0001`, ... */
export function* sdkDeviceTwins(count: number, twins: FleetTwins): Iterable<NewDevice> {
  for (let index = 0; index < count; index += 1) yield newDevice('device', 4, index, twins);
}

/** Yields the devices that are simulated inside the hub: `light-000001`, ... */
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
