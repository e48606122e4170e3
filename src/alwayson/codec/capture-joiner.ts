import type { ChunkBody, Message, WholeBody } from './message.js';
import { joinChunks, withoutData } from './multipart.js';

/** Bounds of what is kept in memory for a capture. */
export interface CaptureLimits {
  /** Bytes of one joined message. */
  readonly maxJoinedBytes: number;
  /** Bytes kept for all incomplete messages; those of the oldest message are dropped first. */
  readonly maxBytes: number;
  /** Chunks of incomplete messages whose numbers are kept for the report. */
  readonly maxChunks: number;
}

const MEBIBYTE = 1_048_576;

const DEFAULTS: CaptureLimits = { maxJoinedBytes: 4 * MEBIBYTE, maxBytes: 32 * MEBIBYTE, maxChunks: 500_000 };

/** A message that stayed incomplete. */
export interface IncompleteMessage {
  readonly incomplete: true;
  readonly requestId: number;
  /** The numbers of the chunks that were found, ascending. */
  readonly chunks: readonly number[];
  readonly chunkCount: number;
}

interface OpenMessage {
  readonly first: Message<ChunkBody>;
  readonly chunkIds: Set<number>;
  /** Copies by chunk id; undefined once they have been dropped, after which the message cannot be joined. */
  slices: Map<number, Uint8Array> | undefined;
  bytes: number;
}

/**
 * Joins the chunks of a capture, in which many connections may be mixed and messages may be incomplete. Unlike the joiner
 * of a connection it does not limit the number of incomplete messages and never fails for them: they are reported at the
 * end. Memory stays bounded, however long the capture is.
 */
export class CaptureJoiner {
  readonly #limits: CaptureLimits;
  readonly #open = new Map<string, OpenMessage>();
  /** Incomplete messages that have data, oldest first. */
  readonly #withData = new Set<OpenMessage>();
  #bytes = 0;
  #chunks = 0;
  #unreportedChunks = 0;

  constructor(limits: Partial<CaptureLimits> = {}) {
    this.#limits = { ...DEFAULTS, ...limits };
  }

  /** How many chunks beyond the limit the report does not name. */
  get unreportedChunks(): number {
    return this.#unreportedChunks;
  }

  /**
   * Adds one chunk; returns the complete message if it was the last one missing. A repeated chunk replaces the earlier
   * one. Throws like decodeMessage if the joined message cannot be decoded.
   */
  add(chunk: Message<ChunkBody>): Message<WholeBody> | undefined {
    const key = keyOf(chunk);
    const message = this.#messageOf(key, chunk);
    if (message === undefined) return undefined;
    this.#store(message, chunk.body);
    const { slices } = message;
    if (slices === undefined || slices.size < chunk.body.chunkCount) return undefined;
    this.#close(key, message);
    const { maxJoinedBytes } = this.#limits;
    return joinChunks(message.first, slices, { maxStringBytes: maxJoinedBytes, maxBlobBytes: maxJoinedBytes });
  }

  /** The messages that stayed incomplete, in the order in which they began. */
  *incomplete(): Generator<IncompleteMessage> {
    for (const { first, chunkIds } of this.#open.values())
      yield {
        incomplete: true,
        requestId: first.requestId,
        chunks: [...chunkIds].sort((a, b) => a - b),
        chunkCount: first.body.chunkCount,
      };
  }

  #messageOf(key: string, chunk: Message<ChunkBody>): OpenMessage | undefined {
    const known = this.#open.get(key);
    if (known?.chunkIds.has(chunk.body.chunkId)) return known;
    if (this.#chunks >= this.#limits.maxChunks) {
      this.#unreportedChunks++;
      return undefined;
    }
    this.#chunks++;
    const message = known ?? { first: withoutData(chunk), chunkIds: new Set(), slices: new Map(), bytes: 0 };
    message.chunkIds.add(chunk.body.chunkId);
    if (known === undefined) this.#open.set(key, message);
    return message;
  }

  /** A chunk with an invalid number is counted but not kept, since no message can contain it. */
  #store(message: OpenMessage, { chunkId, chunkCount, data }: ChunkBody): void {
    const { slices } = message;
    if (slices === undefined || chunkId === 0 || chunkId > chunkCount) return;
    const change = data.length - (slices.get(chunkId)?.length ?? 0);
    if (message.bytes + change > this.#limits.maxJoinedBytes) return this.#drop(message);
    slices.set(chunkId, Uint8Array.prototype.slice.call(data));
    this.#withData.add(message);
    message.bytes += change;
    this.#bytes += change;
    this.#trim(message);
  }

  #trim(latest: OpenMessage): void {
    for (const message of this.#withData) {
      if (this.#bytes <= this.#limits.maxBytes) return;
      if (message !== latest) this.#drop(message);
    }
  }

  #drop(message: OpenMessage): void {
    this.#bytes -= message.bytes;
    this.#withData.delete(message);
    Object.assign(message, { slices: undefined, bytes: 0 });
  }

  #close(key: string, message: OpenMessage): void {
    this.#chunks -= message.chunkIds.size;
    this.#bytes -= message.bytes;
    this.#withData.delete(message);
    this.#open.delete(key);
  }
}

/** Every chunk of a message repeats these; a capture may hold several connections that use the same request ids. */
function keyOf({ code, requestId, endpointId, sessionId, body }: Message<ChunkBody>): string {
  const { chunkCount, entity } = body;
  return [code, requestId, endpointId, sessionId, chunkCount, entity?.entityType, entity?.entityName].join('/');
}
