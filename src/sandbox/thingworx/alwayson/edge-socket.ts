import type { WebSocket } from 'ws';
import { CODE, isResponseCode } from '../../../alwayson/codec/codes.js';
import { encodeMessage } from '../../../alwayson/codec/frame.js';
import type { CodecLimits } from '../../../alwayson/codec/limits.js';
import type { ChunkBody, Message, MessageHeader, WholeBody } from '../../../alwayson/codec/message.js';
import { compressibleBytes, encodeFrames, MultipartJoiner } from '../../../alwayson/codec/multipart.js';
import { type AgentError, isAgentError } from '../../../core/errors.js';
import {
  abandonSplit,
  type FrameOutcome,
  NOTHING_SPLIT,
  readRepairing,
  type SplitState,
} from '../../../alwayson/codec/split-repair.js';
import type { Clock, Timer } from '../../../core/clock.js';
import type { Log } from '../../../core/log.js';

/** How long the rest of a request that a C SDK edge split in two may take. */
const REST_TIMEOUT_MS = 1000;

export interface EdgeSocketOptions {
  readonly socket: WebSocket;
  readonly limits: Partial<CodecLimits>;
  /** The smaller of the platform's limit and the edge's `Max-Frame-Size`, measured after compression. */
  readonly maxFrameBytes: number;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onMessage: (message: Message<WholeBody>) => void;
  /** Called on any activity: data or a ping. */
  readonly onActivity: () => void;
  readonly onClosed: () => void;
}

/** Converts between the frames of one edge and whole messages. Tolerates the malformed frames of C SDK edges. */
export class EdgeSocket {
  readonly #options: EdgeSocketOptions;
  readonly #joiner: MultipartJoiner;
  #split: SplitState = NOTHING_SPLIT;
  #restTimer: Timer | undefined;

  constructor(options: EdgeSocketOptions) {
    this.#options = options;
    this.#joiner = new MultipartJoiner(options.limits);
    const { socket } = options;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#onFrame(data, isBinary));
    socket.on('ping', options.onActivity);
    socket.on('pong', options.onActivity);
    socket.on('close', () => {
      this.#restTimer?.cancel();
      this.#joiner.clear();
      options.onClosed();
    });
    socket.on('error', (error) => options.log.debug({ err: error }, 'the socket of an edge failed'));
  }

  get isOpen(): boolean {
    return this.#options.socket.readyState === this.#options.socket.OPEN;
  }

  /** @throws AgentError FrameLimitExceeded or ValueNotEncodable, without sending anything. */
  send(header: MessageHeader, body: WholeBody): void {
    if (!this.isOpen) return;
    const { socket, maxMessageBytes } = this.#options;
    const isCompressed = socket.extensions.includes('permessage-deflate');
    const maxFrameBytes = isCompressed ? compressibleBytes(this.#options.maxFrameBytes) : this.#options.maxFrameBytes;
    for (const frame of encodeFrames(header, body, { maxFrameBytes, maxMessageBytes })) socket.send(frame);
  }

  close(code: number, reason: string): void {
    this.#options.socket.close(code, reason);
  }

  terminate(): void {
    this.#options.socket.terminate();
  }

  #onFrame(data: Buffer, isBinary: boolean): void {
    this.#options.onActivity();
    // Edges ignore text messages too.
    if (!isBinary) return;
    this.#restTimer?.cancel();
    const { limits, maxFrameBytes, clock } = this.#options;
    const step = readRepairing(this.#split, data, { chunkBytes: maxFrameBytes, limits });
    this.#split = step.state;
    if (step.state.unfinished) this.#restTimer = clock.schedule(REST_TIMEOUT_MS, () => this.#giveUpRest());
    for (const outcome of step.outcomes) this.#take(outcome);
  }

  #giveUpRest(): void {
    const outcomes = abandonSplit(this.#split);
    this.#split = NOTHING_SPLIT;
    for (const outcome of outcomes) this.#take(outcome);
  }

  #take(outcome: FrameOutcome): void {
    if (outcome.kind === 'failed') return this.#refuse(outcome.header, outcome.error);
    try {
      this.#deliver(outcome.message);
    } catch (error) {
      if (!isAgentError(error)) throw error;
      this.#refuse(outcome.message, error);
    }
  }

  #deliver(message: Message): void {
    if (message.trailingBytes > 0)
      this.#options.log.debug(
        { requestId: message.requestId, bytes: message.trailingBytes },
        'a frame from an edge has trailing bytes',
      );
    const whole =
      message.body.kind === 'chunk'
        ? this.#joiner.add(message as Message<ChunkBody>, this.#options.clock.monotonicMs())
        : (message as Message<WholeBody>);
    if (whole) this.#options.onMessage(whole);
  }

  /** Drops a frame; a request is answered with BAD_REQUEST. */
  #refuse(header: MessageHeader | undefined, error: AgentError): void {
    const { socket, log } = this.#options;
    log.warn({ code: error.code, requestId: header?.requestId }, 'a frame from an edge cannot be read');
    // A message with an unknown code is not necessarily a request.
    if (!header || isResponseCode(header.code) || error.code === 'UnknownMessageCode' || !this.isOpen) return;
    const { requestId, endpointId, sessionId } = header;
    const body = { kind: 'response', reason: error.reason, content: null } as const;
    socket.send(encodeMessage({ code: CODE.BAD_REQUEST, requestId, endpointId, sessionId }, body));
  }
}
