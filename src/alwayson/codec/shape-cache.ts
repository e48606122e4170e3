import type { CodedBaseType } from './base-types.js';
import type { CodecLimits } from './limits.js';
import type { Reader } from './reader.js';
import type { FieldDefinition } from './values-model.js';

/** What the bytes of a data shape say, in the form that reading rows wants. Never changed once made. */
export interface ShapePlan {
  readonly fields: readonly FieldDefinition[];
  /** The base type of each field. */
  readonly types: readonly CodedBaseType[];
}

interface Entry {
  readonly bytes: Buffer;
  readonly plan: ShapePlan;
}

/** Sets of entries, a power of two; the ways are the entries of a set. */
const SETS = 64;
const WAYS = 4;
/** Larger shapes are read anew each time. Bounds the cache: 64 sets of 4 shapes of 1 KiB. */
const LARGEST_BYTES = 1_024;
/** Fields that the hash looks at. */
const HASHED_FIELDS = 6;
/** Bytes of a field beside its name, when it has neither description nor aspects. */
const PLAIN_FIELD_BYTES = 6;
/** Bytes of the smallest aspect: an empty name and a base type. */
const ASPECT_BYTES = 2;

/**
 * Remembers what was read from the bytes of a data shape, because a peer sends the same few shapes over and over.
 * Bounded in every direction: an entry that is not asked for is displaced by others. The key are the bytes themselves;
 * the hash only chooses the set. A data shape ends by itself, so that equal bytes up to its end are the same shape
 * whatever follows.
 */
export class ShapeCache {
  readonly #sets: Entry[][] = Array.from({ length: SETS }, () => []);

  /** Whether no shape small enough to be remembered can pass `limits`. */
  static serves(limits: CodecLimits): boolean {
    const { maxFields, maxAspects, maxStringBytes } = limits;
    return Math.min(maxFields * PLAIN_FIELD_BYTES, maxAspects * ASPECT_BYTES, maxStringBytes) >= LARGEST_BYTES;
  }

  /** The shape that starts at the reader's offset, which then moves behind it; undefined when it is not known. */
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

  /** Remembers the shape that was read from `start` to the reader's offset. */
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
 * Of the first fields as long as they are plain: length, ends of the name and base type. Reads beyond the frame give
 * undefined, which the bit operators take as 0: a wrong hash finds nothing and does no harm.
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
