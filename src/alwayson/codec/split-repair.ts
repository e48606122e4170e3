import { type AgentError, isAgentError } from '../../core/errors.js';
import { bodyKindOf } from './body.js';
import { HEADER_BYTES, decodeMessage, peekHeader } from './frame.js';
import type { CodecLimits } from './limits.js';
import type { Message, MessageHeader } from './message.js';

/**
 * C SDK edges cut some messages in two without marking them as chunks [AO 4.4]: the first frame lacks the last 0 to 8 bytes
 * of the body, the second consists of the same header and these bytes. This is the state of the repair for one
 * connection; `readRepairing` is a pure step from state to state.
 */
export interface SplitState {
  /** A truncated request just below the frame size: the next frame may be its rest. */
  readonly unfinished: { readonly frame: Uint8Array; readonly error: AgentError } | undefined;
  /** The latest message, if the bare header of a second frame may follow it. */
  readonly complete: MessageHeader | undefined;
}

export const NOTHING_SPLIT: SplitState = { unfinished: undefined, complete: undefined };

type PeekedHeader = ReturnType<typeof peekHeader>;

/** The result of reading a frame. */
export type FrameOutcome =
  | { readonly kind: 'message'; readonly message: Message }
  /** The frame cannot be decoded; `header` is undefined if not even that can. A request should be refused with 0x80. */
  | { readonly kind: 'failed'; readonly error: AgentError; readonly header: MessageHeader | undefined };

export interface SplitStep {
  readonly state: SplitState;
  /** None while the rest of a message is pending; two if another frame arrived instead. */
  readonly outcomes: readonly FrameOutcome[];
}

export interface SplitRepairOptions {
  /** The edge's chunk size: its `Max-Frame-Size`, by default 8192. */
  readonly chunkBytes: number;
  readonly limits?: Partial<CodecLimits>;
}

/** Bytes of a chunk that the C SDK reserves besides entity and data: for headers, and 4 more with compression. */
const RESERVED_BYTES = 12;

/** Reads a frame, given the state after the one before it. Never throws because of the content of the frame. */
export function readRepairing(state: SplitState, frame: Uint8Array, options: SplitRepairOptions): SplitStep {
  const header = peekHeader(frame);
  if (state.complete !== undefined && isBareRepeat(state.complete, header, frame)) {
    return { state: NOTHING_SPLIT, outcomes: [] };
  }
  if (state.unfinished === undefined) return readAlone(frame, header, options);
  const first = peekHeader(state.unfinished.frame);
  if (first !== undefined && repeats(first, header)) {
    const joined = Buffer.concat([state.unfinished.frame, frame.subarray(HEADER_BYTES)]);
    return { state: NOTHING_SPLIT, outcomes: [decode(joined, first, options)] };
  }
  const next = readAlone(frame, header, options);
  return { state: next.state, outcomes: [...abandonSplit(state), ...next.outcomes] };
}

/** Returns the outcome of an unfinished request whose rest has not arrived in time or whose connection has closed. */
export function abandonSplit({ unfinished }: SplitState): readonly FrameOutcome[] {
  if (unfinished === undefined) return [];
  return [{ kind: 'failed', error: unfinished.error, header: peekHeader(unfinished.frame) }];
}

function readAlone(frame: Uint8Array, header: MessageHeader | undefined, options: SplitRepairOptions): SplitStep {
  const outcome = decode(frame, header, options);
  if (outcome.kind === 'message') {
    const isCut = outcome.message.body.kind !== 'chunk' && mayBeCut(frame, options.chunkBytes);
    return { state: { unfinished: undefined, complete: isCut ? header : undefined }, outcomes: [outcome] };
  }
  const { error } = outcome;
  const isRequest = header !== undefined && bodyKindOf(header.code) === 'request' && frame[HEADER_BYTES - 1] === 0;
  if (!isRequest || error.code !== 'FrameTruncated' || !mayBeCut(frame, options.chunkBytes)) {
    return { state: NOTHING_SPLIT, outcomes: [outcome] };
  }
  // The buffer of the connection may be reused before the rest arrives.
  return { state: { unfinished: { frame: Buffer.from(frame), error }, complete: undefined }, outcomes: [] };
}

function decode(frame: Uint8Array, header: MessageHeader | undefined, { limits }: SplitRepairOptions): FrameOutcome {
  try {
    return { kind: 'message', message: decodeMessage(frame, limits) };
  } catch (error) {
    if (!isAgentError(error)) throw error;
    return { kind: 'failed', error, header };
  }
}

/** Whether a frame is as long as the first of two: data of a full chunk after a header without multipart fields. */
function mayBeCut(frame: Uint8Array, chunkBytes: number): boolean {
  const isResponse = (frame[1] as number) >= 0x40;
  const entityBytes = isResponse ? 0 : 2 + (frame[HEADER_BYTES + 1] ?? 0);
  return frame.length <= chunkBytes && frame.length >= chunkBytes - RESERVED_BYTES - entityBytes;
}

function isBareRepeat(complete: MessageHeader, header: PeekedHeader, frame: Uint8Array): boolean {
  return frame.length === HEADER_BYTES && repeats(complete, header);
}

function repeats(first: MessageHeader, header: PeekedHeader): boolean {
  return header?.code === first.code && header.requestId === first.requestId && !header.multipart;
}
