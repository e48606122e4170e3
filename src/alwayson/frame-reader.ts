import { AgentError } from '../core/errors.js';
import { CODE, NONE } from './codec/codes.js';
import { decodeMessage, peekHeader } from './codec/frame.js';
import type { CodecLimits } from './codec/limits.js';
import type { ChunkBody, Message, MessageHeader, WholeBody } from './codec/message.js';
import { MultipartJoiner } from './codec/multipart.js';

export type ReadResult =
  | { readonly kind: 'message'; readonly message: Message<WholeBody> }
  /** A chunk was stored; its message is not complete yet. */
  | { readonly kind: 'incomplete' }
  /** `request` is present if a response is due: for a request whose id could be read. */
  | { readonly kind: 'unreadable'; readonly error: AgentError; readonly request: MessageHeader | undefined };

/** How many refused multipart messages are remembered, so that each is answered once instead of once for each chunk. */
const MAX_REFUSED = 256;

const REQUEST_CODES: ReadonlySet<number> = new Set([
  CODE.GET,
  CODE.PUT,
  CODE.POST,
  CODE.DELETE,
  CODE.AUTH,
  CODE.BIND,
  CODE.UNBIND,
]);

/** Decodes the frames of one connection into complete messages; never throws. */
export class FrameReader {
  readonly #limits: Partial<CodecLimits>;
  readonly #joiner: MultipartJoiner;
  readonly #refused = new Set<number>();

  constructor(limits: Partial<CodecLimits> = {}) {
    this.#limits = limits;
    this.#joiner = new MultipartJoiner(limits);
  }

  read(frame: Uint8Array, nowMs: number): ReadResult {
    try {
      const message = decodeMessage(frame, this.#limits);
      if (message.body.kind !== 'chunk') return { kind: 'message', message: message as Message<WholeBody> };
      const chunk = message as Message<ChunkBody>;
      if (this.#isOfRefused(chunk)) return { kind: 'incomplete' };
      const joined = this.#joiner.add(chunk, nowMs);
      return joined ? { kind: 'message', message: joined } : { kind: 'incomplete' };
    } catch (error) {
      return this.#unreadable(frame, error);
    }
  }

  /** Drops incomplete messages that are too old and returns how many. */
  sweep(nowMs: number): number {
    return this.#joiner.sweep(nowMs);
  }

  clear(): void {
    this.#joiner.clear();
    this.#refused.clear();
  }

  /** Whether a chunk belongs to a refused message; a first chunk with a refused request id begins a new one. */
  #isOfRefused(chunk: Message<ChunkBody>): boolean {
    if (!this.#refused.has(chunk.requestId)) return false;
    if (chunk.body.chunkId !== 1) return true;
    this.#refused.delete(chunk.requestId);
    return false;
  }

  #unreadable(frame: Uint8Array, thrown: unknown): ReadResult {
    const error =
      thrown instanceof AgentError
        ? thrown
        : new AgentError('FrameMalformed', 'The frame cannot be decoded.', { cause: thrown });
    const header = peekHeader(frame);
    const isAnswerable = header !== undefined && REQUEST_CODES.has(header.code) && header.requestId !== NONE;
    if (!isAnswerable) return { kind: 'unreadable', error, request: undefined };
    if (!header.multipart) return { kind: 'unreadable', error, request: header };
    const isKnown = this.#refused.has(header.requestId);
    this.#rememberRefused(header.requestId);
    return { kind: 'unreadable', error, request: isKnown ? undefined : header };
  }

  #rememberRefused(requestId: number): void {
    this.#refused.add(requestId);
    const [oldest] = this.#refused;
    if (this.#refused.size > MAX_REFUSED && oldest !== undefined) this.#refused.delete(oldest);
  }
}
