import type { WebSocket } from 'ws';
import { CODE, isResponseCode } from '../../../alwayson/codec/codes.js';
import { decodeMessage, encodeMessage, peekHeader } from '../../../alwayson/codec/frame.js';
import type { CodecLimits } from '../../../alwayson/codec/limits.js';
import type { ChunkBody, Message, MessageHeader, WholeBody } from '../../../alwayson/codec/message.js';
import { encodeFrames, MultipartJoiner } from '../../../alwayson/codec/multipart.js';
import { isAgentError, messageOf } from '../../../core/errors.js';
import type { Log } from '../../../core/log.js';
import { UnmarkedHalves } from './unmarked-halves.js';

export interface EdgeSocketOptions {
  readonly socket: WebSocket;
  readonly limits: Partial<CodecLimits>;
  /** The smaller of our own limit and the edge's `Max-Frame-Size`. */
  readonly maxFrameBytes: number;
  readonly maxMessageBytes: number;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly onMessage: (message: Message<WholeBody>) => void;
  /** Any sign of life: data or a ping. */
  readonly onActivity: () => void;
  readonly onClosed: () => void;
}

/** The frames of one edge: whole messages in, frames or chunks out. Survives what C SDK edges send. */
export class EdgeSocket {
  readonly #options: EdgeSocketOptions;
  readonly #joiner: MultipartJoiner;
  readonly #halves: UnmarkedHalves;

  constructor(options: EdgeSocketOptions) {
    this.#options = options;
    this.#joiner = new MultipartJoiner(options.limits);
    this.#halves = new UnmarkedHalves(options.maxFrameBytes);
    const { socket } = options;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#onFrame(data, isBinary));
    socket.on('ping', options.onActivity);
    socket.on('pong', options.onActivity);
    socket.on('close', () => {
      this.#joiner.clear();
      options.onClosed();
    });
    socket.on('error', (error) => options.log.debug({ err: error }, 'the socket of an edge failed'));
  }

  get isOpen(): boolean {
    return this.#options.socket.readyState === this.#options.socket.OPEN;
  }

  /** @throws AgentError FrameLimitExceeded or ValueNotEncodable; nothing is sent then. */
  send(header: MessageHeader, body: WholeBody): void {
    if (!this.isOpen) return;
    const { socket, maxFrameBytes, maxMessageBytes } = this.#options;
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
    // Text messages are ignored, as an edge ignores them (protocol notes 1.2).
    if (!isBinary) return;
    const { frame, broken } = this.#halves.join(data);
    if (broken) this.#refuse(broken.frame, broken.error);
    try {
      this.#deliver(decodeMessage(frame, this.#options.limits));
    } catch (error) {
      if (!this.#halves.hold(frame, error)) this.#refuse(frame, error);
    }
  }

  #deliver(message: Message): void {
    if (message.trailingBytes > 0)
      this.#options.log.debug(
        { requestId: message.requestId, bytes: message.trailingBytes },
        'stray bytes from an edge',
      );
    const whole =
      message.body.kind === 'chunk'
        ? this.#joiner.add(message as Message<ChunkBody>, this.#options.nowMs())
        : (message as Message<WholeBody>);
    if (whole) this.#options.onMessage(whole);
  }

  /** Dropped; a request is told so (protocol notes 4.4). */
  #refuse(frame: Uint8Array, error: unknown): void {
    const header = peekHeader(frame);
    const code = isAgentError(error) ? error.code : 'Internal';
    this.#options.log.warn(
      { code, requestId: header?.requestId, bytes: frame.length },
      'a frame of an edge is unreadable',
    );
    if (!header || isResponseCode(header.code) || !this.isOpen) return;
    const reason = `${code}: ${messageOf(error)}`;
    const body = { kind: 'response', reason, content: null } as const;
    this.#options.socket.send(encodeMessage({ ...header, code: CODE.BAD_REQUEST }, body));
  }
}
