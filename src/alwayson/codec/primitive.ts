import type { CodedBaseType, BaseType, PayloadKind } from './base-types.js';
import { notEncodable } from './codec-errors.js';
import type { Reader } from './reader.js';
import { type CompoundPayload, isCompoundPayload, isLong, readCompound, writeCompound } from './compound.js';
import type { Value } from './values-model.js';
import type { Writer } from './writer.js';

/** The payloads that contain no other value. */
export type ScalarPayload = Exclude<PayloadKind, 'infotable' | 'variant'>;

/** Reads a payload, without its type byte. */
export function readScalar(reader: Reader, payload: ScalarPayload): Value {
  // The rare payloads are left to the default case, which keeps this function small enough to be inlined.
  switch (payload as Exclude<ScalarPayload, CompoundPayload>) {
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
    case 'bytes':
      return reader.blob();
    case 'long':
      return reader.exactI64();
    default:
      return readCompound(reader, payload as CompoundPayload);
  }
}

/** Writes a payload, without its type byte. Throws ValueNotEncodable if `value` is not of `type`. */
export function writeScalar(writer: Writer, type: CodedBaseType, value: Value): void {
  const { payload } = type;
  if (payload === 'string' && typeof value === 'string') writer.string(value);
  else if (payload === 'number' && typeof value === 'number') writer.f64(value);
  else if (payload === 'integer' && typeof value === 'number' && (value | 0) === value) writer.u32(value);
  else if (payload === 'boolean' && typeof value === 'boolean') writer.u8(value ? 1 : 0);
  else if (payload === 'datetime' && typeof value === 'number' && Number.isSafeInteger(value)) writer.i64(value);
  else writeRareScalar(writer, type, value);
}

function writeRareScalar(writer: Writer, { baseType, payload }: CodedBaseType, value: Value): void {
  if (payload === 'nothing' && value === null) return;
  if (payload === 'bytes' && value instanceof Uint8Array) writer.blob(value);
  else if (payload === 'long' && isLong(value)) writer.exactI64(BigInt(value));
  else if (!isCompoundPayload(payload) || !writeCompound(writer, payload, value)) throw unfit(baseType, value);
}

/** The error of a value that is not of `baseType`; it names the kind of the value, never the value. */
export function unfit(baseType: BaseType, value: unknown): Error {
  const kind = value === null ? 'null' : typeof value;
  return notEncodable(`A value of type ${kind} cannot be written as ${baseType}, or is out of its range.`);
}
