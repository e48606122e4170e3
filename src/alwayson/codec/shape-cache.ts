import type { CodedBaseType } from './base-types.js';
import type { CodecLimits } from './limits.js';
import type { Reader } from './reader.js';
import type { FieldDefinition } from './values-model.js';

/** A decoded data shape, in the form that reading rows requires. Immutable. */
export interface ShapePlan {
  readonly fields: readonly FieldDefinition[];
  /** The base type of each field. */
  readonly types: readonly CodedBaseType[];
}

interface Entry {
  readonly bytes: Buffer;
  readonly plan: ShapePlan;
}

/** The number of sets, a power of two, and the entries of each set. */
const SETS = 64;
const WAYS = 4;
/** Larger shapes are not cached, which bounds the cache: 64 sets of 4 shapes of 1 KiB. */
const LARGEST_BYTES = 1_024;
/** How many fields the hash includes. */
const HASHED_FIELDS = 6;
/** Bytes of a field besides its name, if it has neither description nor aspects. */
const PLAIN_FIELD_BYTES = 6;
/** Bytes of the smallest aspect: an empty name and a base type. */
const ASPECT_BYTES = 2;

/**
 * Caches decoded data shapes by their bytes, because a peer sends the same few shapes over and over. The cache is
 * bounded: a new entry displaces the oldest of its set. The bytes themselves are the key; the hash only selects the set.
 * The end of a data shape is part of its bytes, so equal bytes are the same shape whatever follows.
 */
export class ShapeCache {
  readonly #sets: Entry[][] = Array.from({ length: SETS }, () => []);

  /** Whether no shape that is small enough for the cache can exceed `limits`. */
  static serves(limits: CodecLimits): boolean {
    const { maxFields, maxAspects, maxStringBytes } = limits;
    return Math.min(maxFields * PLAIN_FIELD_BYTES, maxAspects * ASPECT_BYTES, maxStringBytes) >= LARGEST_BYTES;
  }

  /** Returns the shape at the reader's offset and advances the reader; undefined if it is not in the cache. */
  find(reader: Reader): ShapePlan | undefined {
    const { bytes, offset } = reader;
    const set = this.#sets[hashOf(bytes, offset)] as Entry[];
    for (let way = 0; way < set.length; way++) {
      const entry = set[way] as Entry;
      if (!startsWith(bytes, offset, entry.bytes)) continue;
      reader.offset = offset + entry.bytes.length;
      return entry.plan;
    }
    return undefined;
  }

  /** Adds the shape that was read from `start` to the reader's offset. */
  remember(reader: Reader, start: number, plan: ShapePlan): void {
    if (reader.offset - start > LARGEST_BYTES) return;
    const set = this.#sets[hashOf(reader.bytes, start)] as Entry[];
    if (set.length === WAYS) set.shift();
    set.push({ bytes: Buffer.from(reader.bytes.subarray(start, reader.offset)), plan });
  }
}

function startsWith(bytes: Buffer, offset: number, prefix: Buffer): boolean {
  if (offset + prefix.length > bytes.length) return false;
  for (let index = 0; index < prefix.length; index++) if (bytes[offset + index] !== prefix[index]) return false;
  return true;
}

/**
 * Hashes the first fields as long as they are plain: the length and both ends of the name, and the base type. Reading
 * beyond the frame returns undefined, which bit operators treat as 0; a wrong hash only misses.
 */
function hashOf(bytes: Buffer, start: number): number {
  let hash = 0;
  let at = start;
  for (let field = 0; field < HASHED_FIELDS && bytes[at] === 1; field++) {
    const length = bytes[at + 1] as number;
    if (length >= 0x80) break;
    const type = bytes[at + 3 + length] as number;
    hash = Math.imul(
      hash ^ length ^ ((bytes[at + 2] as number) << 8) ^ ((bytes[at + 1 + length] as number) << 16) ^ (type << 24),
      0x9e37_79b1,
    );
    at += length + PLAIN_FIELD_BYTES;
  }
  return (hash >>> 16) & (SETS - 1);
}
