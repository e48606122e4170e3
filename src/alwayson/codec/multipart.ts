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
  /** The smaller of the sender's own limit and the peer's `Max-Frame-Size`. */
  readonly maxFrameBytes: number;
  /** Counted the way receivers count: chunk count times chunk size. */
  readonly maxMessageBytes: number;
}

/** Overhead of a deflated message, and of each incompressible block in it. */
const DEFLATE_END_BYTES = 11;
const DEFLATE_BLOCK_BYTES = 5;
/** Bytes in an incompressible block, at the default memory level of both ends. */
const DEFLATE_BLOCK_LENGTH = 16_383;

/**
 * Returns the largest frame that permessage-deflate never makes longer than `maxFrameBytes`: incompressible data grows a
 * little, and PTC's SDKs drop a connection whose frames are above the announced size [AO 1.2].
 */
export function compressibleBytes(maxFrameBytes: number): number {
  return maxFrameBytes - DEFLATE_END_BYTES - DEFLATE_BLOCK_BYTES * Math.ceil(maxFrameBytes / DEFLATE_BLOCK_LENGTH);
}

/**
 * Encodes a message as one frame, or as two or more chunks if it is larger than a frame. There is never a single chunk,
 * after which the C SDK would wait for another one [AO 4.2], and never an empty chunk.
 *
 * Throws AgentError FrameLimitExceeded if the message is too large, ValueNotEncodable like encodeMessage.
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

/** A message that lacks some of its chunks. */
interface OpenMessage {
  readonly first: Message<ChunkBody>;
  readonly sinceMs: number;
  /** Copies of the data of each chunk, by chunk id. */
  readonly slices: Map<number, Uint8Array>;
  bytes: number;
}

/**
 * Joins the chunks that arrive on one connection in one direction [AO 4.2]: in any order, repeated, interleaved with
 * other messages. Requests and responses have separate request ids.
 */
export class MultipartJoiner {
  readonly #limits: CodecLimits;
  readonly #partials = new Map<number, OpenMessage>();
  #bytes = 0;

  constructor(limits?: Partial<CodecLimits>) {
    this.#limits = completeLimits(limits);
  }

  /** The number of incomplete messages. */
  get size(): number {
    return this.#partials.size;
  }

  /**
   * Adds one chunk; returns the complete message if it was the last one missing. A chunk with an invalid number is
   * ignored, a repeated one replaces the earlier one. Messages that are too old at `nowMs` are dropped first.
   *
   * Throws AgentError FrameLimitExceeded if a limit would be exceeded, in which case the message is dropped, and like
   * decodeMessage if the joined message cannot be decoded.
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
      // The messages are in the order of their first chunks, so all after the first that is young enough are younger still.
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
    // Another message with the same request id means that the sender has abandoned the earlier one.
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
 * Returns the complete message of `first`, a chunk without its data, and the data of all chunks by id. Throws like
 * decodeMessage.
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

/** The key of a message: requests and responses have separate request ids. */
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

/** Returns a chunk without its data, which is a view that would keep the whole frame in memory. */
export function withoutData(chunk: Message<ChunkBody>): Message<ChunkBody> {
  return { ...chunk, body: { ...chunk.body, data: new Uint8Array(0) } };
}
