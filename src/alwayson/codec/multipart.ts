import { limitExceeded } from './codec-errors.js';
import { isResponseCode } from './codes.js';
import { HEADER_BYTES, decodeMessage, encodeMessage } from './frame.js';
import { type CodecLimits, completeLimits } from './limits.js';
import type { ChunkBody, Message, MessageHeader, RequestBody, WholeBody } from './message.js';

/** Chunk id, chunk count and chunk size. */
const MULTIPART_HEADER_BYTES = 6;

/** The chunk size has 16 bits on the wire. */
const LARGEST_CHUNK_BYTES = 0xffff;

export interface FrameSizes {
  /** The smaller of our own limit and the peer's `Max-Frame-Size`. */
  readonly maxFrameBytes: number;
  /** Counted as the receiver does: chunk count times chunk size. */
  readonly maxMessageBytes: number;
}

/** Bytes that a deflated message may have beside its blocks, and beside each block that cannot be compressed. */
const DEFLATE_END_BYTES = 11;
const DEFLATE_BLOCK_BYTES = 5;
/** Bytes in such a block, with the memory level that both ends use by default. */
const DEFLATE_BLOCK_LENGTH = 16_383;

/**
 * The largest frame that permessage-deflate never makes longer than `maxFrameBytes`: what cannot be compressed grows a
 * little, and PTC's SDKs drop a connection whose frames are above the announced size.
 */
export function compressibleBytes(maxFrameBytes: number): number {
  return maxFrameBytes - DEFLATE_END_BYTES - DEFLATE_BLOCK_BYTES * Math.ceil(maxFrameBytes / DEFLATE_BLOCK_LENGTH);
}

/**
 * Writes a message as one frame, or as two chunks or more where it is larger than a frame. There is never a single
 * chunk (the C SDK would wait for another one, 4.2) and never an empty one.
 *
 * Throws AgentError FrameLimitExceeded when the message is too large, ValueNotEncodable as encodeMessage does.
 */
export function encodeFrames(header: MessageHeader, body: WholeBody, sizes: FrameSizes): Buffer[] {
  const frame = encodeMessage(header, body);
  if (frame.length > sizes.maxMessageBytes) {
    throw limitExceeded('bytes in a message', frame.length, sizes.maxMessageBytes);
  }
  if (frame.length <= sizes.maxFrameBytes) return [frame];
  if (body.kind === 'auth' || body.kind === 'clearAuth')
    throw limitExceeded('bytes in an AUTH', frame.length, sizes.maxFrameBytes);
  return split(header, frame, body.kind === 'request' ? body : null, sizes);
}

function split(header: MessageHeader, frame: Buffer, request: RequestBody | null, sizes: FrameSizes): Buffer[] {
  const chunkSize = Math.min(sizes.maxFrameBytes, LARGEST_CHUNK_BYTES);
  const entityBytes = request === null ? 0 : entityLength(frame);
  const data = frame.subarray(HEADER_BYTES + entityBytes);
  const sliceBytes = chunkSize - HEADER_BYTES - MULTIPART_HEADER_BYTES - entityBytes;
  if (sliceBytes < 1) throw limitExceeded('bytes before the data of a chunk', chunkSize - sliceBytes, chunkSize);
  const chunkCount = Math.ceil(data.length / sliceBytes);
  if (chunkCount > 0xffff) throw limitExceeded('chunks', chunkCount, 0xffff);
  if (chunkCount * chunkSize > sizes.maxMessageBytes) {
    throw limitExceeded('bytes in chunks', chunkCount * chunkSize, sizes.maxMessageBytes);
  }
  const entity = request === null ? null : { entityType: request.entityType, entityName: request.entityName };
  return Array.from({ length: chunkCount }, (_, index) =>
    encodeMessage(header, {
      kind: 'chunk',
      chunkId: index + 1,
      chunkCount,
      chunkSize,
      entity,
      data: data.subarray(index * sliceBytes, (index + 1) * sliceBytes),
    }),
  );
}

/** Bytes of entity type and name at the start of an encoded request. */
function entityLength(frame: Buffer): number {
  const first = frame[HEADER_BYTES + 1] as number;
  return first < 0x80 ? 2 + first : 5 + (frame.readUInt32BE(HEADER_BYTES + 1) & 0x7fff_ffff);
}

/** A message of which chunks are missing. */
interface OpenMessage {
  readonly first: Message<ChunkBody>;
  readonly sinceMs: number;
  /** By chunk id; copies. */
  readonly slices: Map<number, Uint8Array>;
  bytes: number;
}

/**
 * Joins the chunks that arrive on one connection in one direction: in any order, repeated, interleaved between
 * messages. Requests and answers have separate number spaces and are kept apart.
 */
export class MultipartJoiner {
  readonly #limits: CodecLimits;
  readonly #partials = new Map<number, OpenMessage>();
  #bytes = 0;

  constructor(limits?: Partial<CodecLimits>) {
    this.#limits = completeLimits(limits);
  }

  /** Messages that are incomplete. */
  get size(): number {
    return this.#partials.size;
  }

  /**
   * Takes one chunk; returns the whole message when it was the last one missing. A chunk with an impossible number is
   * ignored, a repeated one replaces the earlier. Drops what is too old at `nowMs` first.
   *
   * Throws AgentError FrameLimitExceeded when a limit would be passed (the chunk, and with it its message, is dropped),
   * and as decodeMessage does when the joined message cannot be read.
   */
  add(chunk: Message<ChunkBody>, nowMs: number): Message<WholeBody> | undefined {
    this.sweep(nowMs);
    const { chunkId, chunkCount } = chunk.body;
    if (chunkId === 0 || chunkId > chunkCount) return undefined;
    const key = keyOf(chunk);
    const partial = this.#open(key, chunk, nowMs);
    this.#store(key, partial, chunk.body);
    if (partial.slices.size < chunkCount) return undefined;
    this.#drop(key);
    return joinChunks(partial.first, partial.slices, this.#limits);
  }

  /** Drops incomplete messages that are too old and returns how many. */
  sweep(nowMs: number): number {
    let dropped = 0;
    for (const [key, { sinceMs }] of this.#partials) {
      // In order of their first chunk: after the first that is young enough come only younger ones.
      if (nowMs - sinceMs < this.#limits.maxPartialAgeMs) break;
      this.#drop(key);
      dropped++;
    }
    return dropped;
  }

  /** Drops all incomplete messages. */
  clear(): void {
    this.#partials.clear();
    this.#bytes = 0;
  }

  #open(key: number, chunk: Message<ChunkBody>, nowMs: number): OpenMessage {
    const known = this.#partials.get(key);
    if (known !== undefined && belongs(known.first, chunk)) return known;
    // Another message under the same number: its sender has given up the earlier one.
    if (known !== undefined) this.#drop(key);
    this.#admit(chunk.body);
    const partial: OpenMessage = { first: withoutData(chunk), sinceMs: nowMs, slices: new Map(), bytes: 0 };
    this.#partials.set(key, partial);
    return partial;
  }

  #admit({ chunkCount, chunkSize }: ChunkBody): void {
    const { maxChunks, maxJoinedBytes, maxPartials } = this.#limits;
    if (chunkCount > maxChunks) throw limitExceeded('chunks', chunkCount, maxChunks, HEADER_BYTES + 2);
    if (chunkCount * chunkSize > maxJoinedBytes) {
      throw limitExceeded('bytes in chunks', chunkCount * chunkSize, maxJoinedBytes, HEADER_BYTES + 2);
    }
    if (this.#partials.size >= maxPartials) {
      throw limitExceeded('incomplete messages', this.#partials.size + 1, maxPartials, HEADER_BYTES);
    }
  }

  #store(key: number, partial: OpenMessage, { chunkId, data }: ChunkBody): void {
    const change = data.length - (partial.slices.get(chunkId)?.length ?? 0);
    const { maxJoinedBytes, maxPartialBytes } = this.#limits;
    if (partial.bytes + change > maxJoinedBytes || this.#bytes + change > maxPartialBytes) {
      const limit = Math.min(maxJoinedBytes, maxPartialBytes);
      this.#drop(key);
      throw limitExceeded('bytes in chunks', partial.bytes + change, limit, HEADER_BYTES);
    }
    partial.slices.set(chunkId, Uint8Array.prototype.slice.call(data));
    partial.bytes += change;
    this.#bytes += change;
  }

  #drop(key: number): void {
    this.#bytes -= this.#partials.get(key)?.bytes ?? 0;
    this.#partials.delete(key);
  }
}

/**
 * The whole message of `first`, a chunk without its data, and the data of all chunks by their ids. Throws as
 * decodeMessage does.
 */
export function joinChunks(
  first: Message<ChunkBody>,
  slices: ReadonlyMap<number, Uint8Array>,
  limits: Partial<CodecLimits> = {},
): Message<WholeBody> {
  const start = encodeMessage(first, first.body);
  const joined: Uint8Array[] = [start.subarray(0, HEADER_BYTES), start.subarray(HEADER_BYTES + MULTIPART_HEADER_BYTES)];
  for (let id = 1; id <= first.body.chunkCount; id++) joined.push(slices.get(id) as Uint8Array);
  const frame = Buffer.concat(joined);
  frame[HEADER_BYTES - 1] = 0;
  return decodeMessage(frame, { ...limits, maxMessageBytes: frame.length }) as Message<WholeBody>;
}

/** Requests and answers have their own numbers. */
function keyOf({ code, requestId }: MessageHeader): number {
  return requestId * 2 + (isResponseCode(code) ? 1 : 0);
}

function belongs(first: Message<ChunkBody>, chunk: Message<ChunkBody>): boolean {
  return (
    first.code === chunk.code &&
    first.body.chunkCount === chunk.body.chunkCount &&
    first.body.entity?.entityType === chunk.body.entity?.entityType &&
    first.body.entity?.entityName === chunk.body.entity?.entityName
  );
}

/** The header fields of a chunk, without keeping the frame that its data is a view of. */
export function withoutData(chunk: Message<ChunkBody>): Message<ChunkBody> {
  return { ...chunk, body: { ...chunk.body, data: new Uint8Array(0) } };
}
