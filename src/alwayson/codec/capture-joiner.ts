import type { ChunkBody, Message, WholeBody } from './message.js';
import { joinChunks, withoutData } from './multipart.js';

/** What a capture may make its reader keep. */
export interface CaptureLimits {
  /** Bytes of one joined message. */
  readonly maxJoinedBytes: number;
  /** Bytes kept for all messages that are not whole; the oldest lose theirs first. */
  readonly maxBytes: number;
  /** Chunks of messages that are not whole, whose numbers are kept for the report. */
  readonly maxChunks: number;
}

const MEBIBYTE = 1_048_576;

const DEFAULTS: CaptureLimits = { maxJoinedBytes: 4 * MEBIBYTE, maxBytes: 32 * MEBIBYTE, maxChunks: 500_000 };

/** A message that stayed unfinished. */
export interface IncompleteMessage {
  readonly incomplete: true;
  readonly requestId: number;
  /** The numbers of the chunks that were there, ascending. */
  readonly chunks: readonly number[];
  readonly chunkCount: number;
}

interface OpenMessage {
  readonly first: Message<ChunkBody>;
  readonly chunkIds: Set<number>;
  /** By chunk id, copies; undefined once they had to be dropped: then the message cannot be joined any more. */
  slices: Map<number, Uint8Array> | undefined;
  bytes: number;
}

/**
 * Joins the chunks of a capture, in which many connections may be mixed and messages may be unfinished. Unlike the joiner
 * of a connection it has no limit on how many messages are open and never fails: what cannot be joined is reported at the
 * end. Memory stays bounded, however long the capture is.
 */
export class CaptureJoiner {
  readonly #limits: CaptureLimits;
  readonly #open = new Map<string, OpenMessage>();
  /** Open messages that have data, oldest first. */
  readonly #withData = new Set<OpenMessage>();
  #bytes = 0;
  #chunks = 0;
  #unreportedChunks = 0;

  constructor(limits: Partial<CaptureLimits> = {}) {
    this.#limits = { ...DEFAULTS, ...limits };
  }

  /** Chunks beyond the limit, which the report does not name. */
  get unreportedChunks(): number {
    return this.#unreportedChunks;
  }

  /**
   * Takes one chunk; returns the whole message when it was the last one missing. A repeated chunk replaces the earlier
   * one. Throws as decodeMessage does when the joined message cannot be read.
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

  /** The messages that stayed unfinished, in the order in which they began. */
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

  /** A chunk whose number is impossible is counted but not kept: no message can be made of it. */
  #store(message: OpenMessage, { chunkId, chunkCount, data }: ChunkBody): void {
    const { slices } = message;
    if (slices === undefined || chunkId === 0 || chunkId > chunkCount) return;
    const change = data.length - (slices.get(chunkId)?.length ?? 0);
    if (message.bytes + change > this.#limits.maxJoinedBytes) return this.#drop(message);
    slices.set(chunkId, Uint8Array.prototype.slice.call(data));
    this.#withData.add(message);
    message.bytes += change;
    this.#bytes += change;
    this.#makeRoom(message);
  }

  #makeRoom(latest: OpenMessage): void {
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

/** Every chunk repeats all of these; a capture may hold several connections that use the same numbers. */
function keyOf({ code, requestId, endpointId, sessionId, body }: Message<ChunkBody>): string {
  const { chunkCount, entity } = body;
  return [code, requestId, endpointId, sessionId, chunkCount, entity?.entityType, entity?.entityName].join('/');
}
