import { BASE_TYPES, type BaseType, type PayloadKind } from '../alwayson/codec/base-types.js';
import { stringifyJson } from '../core/exact-json.js';
import type { DataShapeDefinition, NativeRow } from '../edge/definitions.js';

/** The message limits of the platform. */
export interface MessageLimits {
  /** The platform counts the number of chunks times the size of a chunk. */
  readonly maxMessageBytes: number;
  readonly maxFrameBytes: number;
}

export const DEFAULT_MESSAGE_LIMITS: MessageLimits = { maxMessageBytes: 1024 * 1024, maxFrameBytes: 8192 };

/** Header and chunk fields of each chunk, rounded up. */
const CHUNK_OVERHEAD_BYTES = 64;
/** Header, reason, data shape and end marks of a response. */
const ANSWER_OVERHEAD_BYTES = 4096;

/** How many bytes of rows fit into one response. */
export function usableBytes(limits: MessageLimits): number {
  const chunks = Math.floor(limits.maxMessageBytes / limits.maxFrameBytes);
  const bytes = chunks * (limits.maxFrameBytes - CHUNK_OVERHEAD_BYTES) - ANSWER_OVERHEAD_BYTES;
  return Math.max(0, Math.min(bytes, limits.maxMessageBytes));
}

/** The bytes of a row on the wire (row mark, cell count, then cells with their type byte). */
export function rowBytes(shape: DataShapeDefinition, row: NativeRow): number {
  let bytes = 3;
  for (const { name, baseType } of shape.fields) bytes += cellBytes(baseType, row[name]);
  return bytes;
}

/** The bytes of a JSON text as a string on the wire. */
export function jsonTextBytes(text: string): number {
  return stringBytes(Buffer.byteLength(text, 'utf8'));
}

/** Payload and type byte of base types whose size does not depend on the value. */
const FIXED_BYTES: Partial<Record<PayloadKind, number>> = { integer: 5, number: 9, datetime: 9, long: 9, boolean: 2 };

function cellBytes(baseType: BaseType, value: unknown): number {
  if (value === undefined) return 1;
  const fixed = FIXED_BYTES[BASE_TYPES[baseType].payload];
  if (fixed !== undefined) return fixed;
  const text = baseType !== 'JSON' && typeof value === 'string' ? value : (stringifyJson(value) ?? '');
  return 1 + stringBytes(Buffer.byteLength(text, 'utf8'));
}

function stringBytes(length: number): number {
  return length + (length < 128 ? 1 : 4);
}
