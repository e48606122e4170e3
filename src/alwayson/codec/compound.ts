import type { PayloadKind } from './base-types.js';
import type { Reader } from './reader.js';
import type { Location, ThingCode, TimeSpan, Value } from './values-model.js';
import type { Writer } from './writer.js';

/** The payloads that consist of a few numbers and texts. */
export type CompoundPayload = Extract<PayloadKind, 'location' | 'vec2' | 'vec3' | 'vec4' | 'thingcode' | 'timespan'>;

/** The parts of the payloads that consist of doubles, in wire order. */
export const DOUBLE_PARTS: Readonly<Partial<Record<PayloadKind, readonly string[]>>> = {
  location: ['longitude', 'latitude', 'elevation'],
  vec2: ['x', 'y'],
  vec3: ['x', 'y', 'z'],
  vec4: ['x', 'y', 'z', 'w'],
};

export function isCompoundPayload(payload: PayloadKind): payload is CompoundPayload {
  return payload === 'thingcode' || payload === 'timespan' || payload in DOUBLE_PARTS;
}

/** Reads a payload, without its type byte. */
export function readCompound(reader: Reader, payload: CompoundPayload): Value {
  switch (payload) {
    case 'location':
      return { longitude: reader.f64(), latitude: reader.f64(), elevation: reader.f64() };
    case 'vec2':
      return { x: reader.f64(), y: reader.f64() };
    case 'vec3':
      return { x: reader.f64(), y: reader.f64(), z: reader.f64() };
    case 'vec4':
      return { x: reader.f64(), y: reader.f64(), z: reader.f64(), w: reader.f64() };
    case 'thingcode':
      return { domainId: reader.i32(), instanceId: reader.exactI64() };
    case 'timespan':
      return { start: reader.i64(), end: reader.i64(), period: reader.string() };
  }
}

/** Writes a payload; returns false without writing if `value` is not of that kind. */
export function writeCompound(writer: Writer, payload: CompoundPayload, value: Value): boolean {
  if (payload === 'location') return writeLocation(writer, value);
  if (payload === 'thingcode') return writeThingCode(writer, value);
  if (payload === 'timespan') return writeTimeSpan(writer, value);
  const parts = DOUBLE_PARTS[payload] as readonly string[];
  if (typeof value !== 'object' || value === null) return false;
  const doubles = parts.map((part) => (value as unknown as Readonly<Record<string, unknown>>)[part]);
  if (!doubles.every((double) => typeof double === 'number')) return false;
  for (const double of doubles) writer.f64(double);
  return true;
}

/** Written out part by part for speed, since only positions occur in large numbers. */
function writeLocation(writer: Writer, value: Value): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { longitude, latitude, elevation } = value as { readonly [part in keyof Location]?: unknown };
  if (typeof longitude !== 'number' || typeof latitude !== 'number' || typeof elevation !== 'number') return false;
  writer.f64(longitude);
  writer.f64(latitude);
  writer.f64(elevation);
  return true;
}

function writeThingCode(writer: Writer, value: Value): boolean {
  if (!isThingCode(value)) return false;
  writer.u32(value.domainId);
  writer.exactI64(BigInt(value.instanceId));
  return true;
}

function writeTimeSpan(writer: Writer, value: Value): boolean {
  if (!isTimeSpan(value)) return false;
  writer.i64(value.start);
  writer.i64(value.end);
  writer.string(value.period);
  return true;
}

/** Whether `value` is a signed 64-bit integer: a safe integer or a bigint. */
export function isLong(value: unknown): value is number | bigint {
  return typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value);
}

export function isThingCode(value: unknown): value is ThingCode {
  if (typeof value !== 'object' || value === null) return false;
  const { domainId, instanceId } = value as { readonly [part in keyof ThingCode]?: unknown };
  return typeof domainId === 'number' && (domainId | 0) === domainId && isLong(instanceId);
}

export function isTimeSpan(value: unknown): value is TimeSpan {
  if (typeof value !== 'object' || value === null) return false;
  const { start, end, period } = value as { readonly [part in keyof TimeSpan]?: unknown };
  return Number.isSafeInteger(start) && Number.isSafeInteger(end) && typeof period === 'string';
}
