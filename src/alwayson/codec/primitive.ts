import { BASE_TYPES, type BaseType, type PayloadKind } from './base-types.js';
import { notEncodable } from './codec-errors.js';
import type { Reader } from './reader.js';
import type { Location, Value } from './values-model.js';
import type { Writer } from './writer.js';

/** The payloads that hold no other value. */
export type ScalarPayload = Exclude<PayloadKind, 'infotable' | 'variant'>;

/** Reads a payload (protocol notes 3.2). */
export function readScalar(reader: Reader, payload: ScalarPayload): Value {
  switch (payload) {
    case 'string':
      return reader.string();
    case 'number':
      return reader.f64();
    case 'integer':
      return reader.i32();
    case 'boolean':
      return reader.u8() !== 0;
    case 'datetime':
      return reader.i64();
    case 'nothing':
      return null;
    case 'location':
      return { longitude: reader.f64(), latitude: reader.f64(), elevation: reader.f64() };
    case 'bytes':
      return reader.blob();
    case 'long':
      return reader.exactI64();
  }
}

/** Writes a payload, without its type byte. Throws ValueNotEncodable where `value` is not one of `baseType`. */
export function writeScalar(writer: Writer, baseType: BaseType, value: Value): void {
  switch (BASE_TYPES[baseType].payload) {
    case 'string':
      if (typeof value !== 'string') throw unfit(baseType, value);
      writer.string(value);
      break;
    case 'number':
      if (typeof value !== 'number') throw unfit(baseType, value);
      writer.f64(value);
      break;
    case 'integer':
      if (typeof value !== 'number' || (value | 0) !== value) throw unfit(baseType, value);
      writer.u32(value);
      break;
    case 'boolean':
      if (typeof value !== 'boolean') throw unfit(baseType, value);
      writer.u8(value ? 1 : 0);
      break;
    case 'datetime':
      if (!Number.isSafeInteger(value)) throw unfit(baseType, value);
      writer.i64(value as number);
      break;
    default:
      writeRareScalar(writer, baseType, value);
  }
}

function writeRareScalar(writer: Writer, baseType: BaseType, value: Value): void {
  switch (BASE_TYPES[baseType].payload) {
    case 'nothing':
      if (value !== null) throw unfit(baseType, value);
      break;
    case 'location':
      writeLocation(writer, value);
      break;
    case 'bytes':
      if (!(value instanceof Uint8Array)) throw unfit(baseType, value);
      writer.blob(value);
      break;
    case 'long':
      writeLong(writer, value);
      break;
    default:
      throw unfit(baseType, value);
  }
}

function writeLocation(writer: Writer, value: Value): void {
  if (typeof value !== 'object' || value === null) throw unfit('LOCATION', value);
  const { longitude, latitude, elevation } = value as Partial<Location>;
  if (typeof longitude !== 'number' || typeof latitude !== 'number' || typeof elevation !== 'number') {
    throw unfit('LOCATION', value);
  }
  writer.f64(longitude);
  writer.f64(latitude);
  writer.f64(elevation);
}

function writeLong(writer: Writer, value: Value): void {
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) writer.exactI64(value);
  else if (Number.isSafeInteger(value)) writer.i64(value as number);
  else throw unfit('LONG', value);
}

/** The error of a value that is none of `baseType`; it names the kind of the value, never the value. */
export function unfit(baseType: BaseType, value: unknown): Error {
  const kind = value === null ? 'null' : typeof value;
  return notEncodable(`A ${kind} cannot be written as ${baseType}, or is out of its range.`);
}
