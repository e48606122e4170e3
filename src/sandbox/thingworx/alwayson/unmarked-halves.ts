import { isResponseCode } from '../../../alwayson/codec/codes.js';
import { HEADER_BYTES, peekHeader } from '../../../alwayson/codec/frame.js';
import { isAgentError } from '../../../core/errors.js';

/** What an edge of the C SDK leaves out of the first frame is at most 8 bytes (protocol notes 4.4). */
const MAX_MISSING_BYTES = 16;
/** The first frame of such a pair is this much shorter than the chunk size, at most. */
const MAX_SLACK_BYTES = 64;

export interface Held {
  readonly frame: Buffer;
  readonly error: unknown;
}

/**
 * Repairs a defect of C SDK edges (protocol notes 4.4): a request just below the chunk size comes as two frames that
 * are not marked as parts. A request of that length that ran out of bytes is held until the next frame shows whether it
 * is the rest.
 */
export class UnmarkedHalves {
  readonly #chunkBytes: number;
  #held: Held | undefined;

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /** The frame to read now; and a held request that turned out to be broken for good. */
  join(frame: Buffer): { readonly frame: Buffer; readonly broken?: Held } {
    const held = this.#held;
    this.#held = undefined;
    if (!held) return { frame };
    if (!isRestOf(held.frame, frame)) return { frame, broken: held };
    return { frame: Buffer.concat([held.frame, frame.subarray(HEADER_BYTES)]) };
  }

  /** Whether `frame` was kept to wait for its rest. */
  hold(frame: Buffer, error: unknown): boolean {
    const header = peekHeader(frame);
    if (!header || header.multipart || isResponseCode(header.code)) return false;
    if (frame.length < this.#chunkBytes - MAX_SLACK_BYTES || frame.length > this.#chunkBytes) return false;
    if (!isAgentError(error, 'FrameTruncated')) return false;
    this.#held = { frame, error };
    return true;
  }
}

function isRestOf(held: Buffer, frame: Buffer): boolean {
  if (frame.length > HEADER_BYTES + MAX_MISSING_BYTES) return false;
  const [first, second] = [peekHeader(held), peekHeader(frame)];
  return second?.multipart === false && first?.code === second.code && first.requestId === second.requestId;
}
