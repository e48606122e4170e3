import { decodeMessage, encodeMessage } from '../../../src/alwayson/codec/frame.js';
import type { ChunkBody, Message } from '../../../src/alwayson/codec/message.js';
import { MultipartJoiner } from '../../../src/alwayson/codec/multipart.js';
import { NOTHING_SPLIT, readRepairing } from '../../../src/alwayson/codec/split-repair.js';
import { isAgentError } from '../../../src/core/errors.js';

/** A source of whole numbers below `bound`, the same for the same seed (mulberry32). */
export function seededNumbers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const BOUNDARIES = [0, 1, 2, 5, 6, 0x12, 0x15, 0x16, 0x7f, 0x80, 0x81, 0xfe, 0xff];

/** One to four random changes of a frame, as defects and attackers make them. */
export function mutate(frame: Uint8Array, others: readonly Uint8Array[], below: (bound: number) => number): Uint8Array {
  let mutated: Uint8Array = Uint8Array.from(frame);
  for (let changes = 1 + below(4); changes > 0; changes--) mutated = changeOnce(mutated, others, below);
  return mutated;
}

function changeOnce(bytes: Uint8Array, others: readonly Uint8Array[], below: (bound: number) => number): Uint8Array {
  const at = below(bytes.length + 1);
  switch (below(8)) {
    case 0: // flip a bit
      if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << below(8));
      return bytes;
    case 1: // a byte at a boundary
      if (at < bytes.length) bytes[at] = BOUNDARIES[below(BOUNDARIES.length)] as number;
      return bytes;
    case 2: // a length at its maximum
      return bytes.fill(0xff, at, at + 1 + below(4));
    case 3: // truncate
      return bytes.slice(0, at);
    case 4: // leave a part out
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1 + below(8)));
    case 5: // repeat a part
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - 1 - below(24))));
    case 6: {
      // splice with another frame
      const other = others[below(others.length)] as Uint8Array;
      return Uint8Array.of(...bytes.subarray(0, at), ...other.subarray(below(other.length)));
    }
    default: // random bytes
      for (let index = at; index < Math.min(at + 4, bytes.length); index++) bytes[index] = below(256);
      return bytes;
  }
}

export interface FuzzTally {
  readonly decoded: number;
  /** Frames that failed, by code. */
  readonly failed: Readonly<Record<string, number>>;
}

/**
 * Decodes `count` mutated frames, alone, through the joiner and through the repair of cut frames, and writes again what
 * could be read. Throws the first error that is not a coded one.
 */
export function fuzzCodec(frames: readonly Uint8Array[], count: number, seed: number): FuzzTally {
  const below = seededNumbers(seed);
  const failed: Record<string, number> = {};
  const joiner = new MultipartJoiner({ maxPartials: 8 });
  let decoded = 0;
  let split = NOTHING_SPLIT;
  for (let index = 0; index < count; index++) {
    const frame = mutate(frames[below(frames.length)] as Uint8Array, frames, below);
    split = readRepairing(split, frame, { chunkBytes: 15 + below(256) }).state;
    const code = attempt(frame, joiner, index);
    if (code === undefined) decoded++;
    else failed[code] = (failed[code] ?? 0) + 1;
  }
  return { decoded, failed };
}

/** The code with which a frame failed; undefined when it was read and what was read could be written. */
function attempt(frame: Uint8Array, joiner: MultipartJoiner, nowMs: number): string | undefined {
  try {
    const message = decodeMessage(frame);
    if (message.body.kind === 'chunk') joiner.add(message as Message<ChunkBody>, nowMs);
    encodeMessage(message, message.body);
    return undefined;
  } catch (error) {
    if (isAgentError(error)) return error.code;
    throw new Error(`Frame ${Buffer.from(frame).toString('hex')} failed without a code.`, { cause: error });
  }
}
