import { AgentError } from '../core/errors.js';
import { LineLimit } from '../core/rate-limits.js';
import { scrubber, type Scrub } from '../core/scrub.js';
import { type Answer, reasonOf, refusal, unreadable } from './answers.js';
import { CODE, isSuccessCode, NONE } from './codec/codes.js';
import type { Message, MessageHeader, RequestBody, ResponseBody, WholeBody } from './codec/message.js';
import { encodeFrames } from './codec/multipart.js';
import type { InfoTable } from './codec/values-model.js';
import type { ConnectionOptions } from './connection-options.js';
import { FrameReader } from './frame-reader.js';
import { IncomingRequests } from './incoming-requests.js';
import type { Link } from './link.js';
import { OutgoingCalls } from './outgoing-calls.js';
import { countTraffic } from './traffic.js';

/** A request from the edge to the platform. */
export interface OutgoingRequest {
  readonly code: number;
  readonly entityType: number;
  readonly entityName: string;
  readonly characteristic: number;
  readonly name: string;
  readonly params: InfoTable | null;
}

/** The platform's answer to AUTH, BIND or UNBIND. */
export type SessionAnswer =
  { readonly isAccepted: true } | { readonly isAccepted: false; readonly code: number; readonly reason: string };

/** A longer reason explains nothing more. It is scrubbed before it is cut, but only this much of it. */
const MAX_REASON_LENGTH = 2_000;
const MAX_SCRUBBED_LENGTH = 65_536;

/** A platform that sends garbage must not fill the log. */
const UNREADABLE_LINES_PER_MINUTE = 20;

/** A peer that has not accepted the application key has not shown that it is the platform. */
const UNAUTHENTICATED = refusal(
  CODE.UNAUTHORIZED,
  new AgentError('ServiceUnavailable', 'The platform has not accepted AUTH on this connection yet; accept it first.')
    .reason,
);

/** Requests and responses in both directions, over the current link. */
export class Exchange {
  readonly incoming: IncomingRequests;
  readonly #options: ConnectionOptions;
  readonly #onAnswer: (answer: SessionAnswer) => void;
  readonly #reader: FrameReader;
  readonly #outgoing: OutgoingCalls;
  #link: Link | undefined;
  /** Reasons are scrubbed here, because the rest of a secret that was cut in two would not be recognized later. */
  readonly #scrub: Scrub;
  readonly #unreadable = new LineLimit(UNREADABLE_LINES_PER_MINUTE);
  /** Whether the platform has accepted AUTH on the current link. */
  #isAuthenticated = false;
  /** Assigned by the platform in the header of its answer to AUTH [AO 5.1]. */
  #sessionId = NONE;
  /** The AUTH, BIND or UNBIND that is pending. */
  #pending: { readonly requestId: number; readonly code: number } | undefined;

  constructor(options: ConnectionOptions, onAnswer: (answer: SessionAnswer) => void) {
    this.#options = options;
    this.#onAnswer = onAnswer;
    this.#scrub = scrubber([options.appKey]);
    const { maxMessageBytes, clock, log, instruments } = options;
    this.#reader = new FrameReader({
      maxMessageBytes,
      maxJoinedBytes: maxMessageBytes,
      maxStringBytes: maxMessageBytes,
      maxBlobBytes: maxMessageBytes,
    });
    this.#outgoing = new OutgoingCalls({
      clock,
      maxOpen: options.maxCallsOpen,
      reasonOf: (code, body) => this.#reasonOf(code, body),
    });
    this.incoming = new IncomingRequests({
      handle: options.handleRequest,
      send: (request, { code, body }) => this.#send({ ...request, code }, body),
      maxInFlight: options.maxRequestsInFlight,
      timeoutMs: options.serviceTimeoutMs,
      clock,
      log,
      instruments,
    });
  }

  /** Uses `link` from now on, without a session (`ffffffff`) until AUTH is accepted on it. */
  attach(link: Link): void {
    this.#link = link;
    this.#isAuthenticated = false;
    this.#sessionId = NONE;
  }

  /** Drops everything that is pending, because the link has closed. */
  abandon(error: AgentError): void {
    this.#link = undefined;
    this.#pending = undefined;
    this.#logDropped(this.#unreadable.takeAllDropped());
    this.#reader.clear();
    this.incoming.abandon();
    this.#outgoing.failAll(error);
  }

  /** Sends AUTH, BIND or UNBIND; one at a time. */
  sendSessionRequest(code: number, body: WholeBody): void {
    const requestId = this.#outgoing.nextId();
    this.#pending = { requestId, code };
    this.#send({ code, requestId, endpointId: 0 }, body);
  }

  /** Sends a request and returns the content of its response. */
  call({ code, ...body }: OutgoingRequest, timeoutMs: number): Promise<InfoTable | null> {
    return this.#outgoing.open(timeoutMs, (requestId) =>
      this.#send({ code, requestId, endpointId: 0 }, { kind: 'request', ...body }),
    );
  }

  /** Drops multipart messages that stayed incomplete for too long. */
  sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#logDropped(this.#unreadable.takeDropped(nowMs));
    const dropped = this.#reader.sweep(nowMs);
    if (dropped > 0) this.#options.log.warn({ dropped }, 'dropped incomplete multipart messages');
  }

  /** Handles one frame from the platform; never throws. */
  receive(frame: Uint8Array): void {
    const { clock, instruments } = this.#options;
    countTraffic(instruments, 'in', [frame]);
    const result = this.#reader.read(frame, clock.monotonicMs());
    if (result.kind === 'message') this.#dispatch(result.message);
    if (result.kind !== 'unreadable') return;
    const { error, request } = result;
    this.#logUnreadable(error, frame);
    // A request that is already in flight is answered once, by its handler.
    if (request && !this.incoming.has(request.requestId)) this.#answer(request, unreadable(error));
  }

  #logUnreadable(error: AgentError, frame: Uint8Array): void {
    const { clock, log, instruments } = this.#options;
    const nowMs = clock.monotonicMs();
    instruments.count('alwayson_unreadable_frames_total');
    this.#logDropped(this.#unreadable.takeDropped(nowMs));
    if (!this.#unreadable.take(nowMs)) return;
    const fields = { code: error.code, offset: error.context['offset'], bytes: frame.length };
    log.warn(fields, `cannot decode a frame: ${error.message}`);
  }

  #logDropped(count: number): void {
    if (count > 0)
      this.#options.log.warn({ count }, 'more frames could not be decoded; they were not logged one by one');
  }

  #dispatch(message: Message<WholeBody>): void {
    if (message.trailingBytes > 0)
      this.#options.log.debug({ trailingBytes: message.trailingBytes }, 'ignored trailing bytes of a message');
    switch (message.body.kind) {
      case 'request':
        if (!this.#isAuthenticated) return this.#answer(message, UNAUTHENTICATED);
        return this.incoming.receive(message as Message<RequestBody>);
      case 'response':
        return this.#onResponse(message as Message<ResponseBody>);
      case 'auth':
      case 'clearAuth':
      case 'bind':
        return this.#answer(
          message,
          refusal(CODE.BAD_REQUEST, 'InvalidArgument: An edge does not accept AUTH, BIND or UNBIND.'),
        );
      case 'keepAlive':
        return undefined;
    }
  }

  #onResponse(message: Message<ResponseBody>): void {
    const { code, requestId, body } = message;
    if (requestId !== this.#pending?.requestId) {
      if (!this.#outgoing.settle(message))
        this.#options.log.debug({ requestId }, 'ignored a response to an unknown request');
      return;
    }
    const isAuth = this.#pending.code === CODE.AUTH;
    this.#pending = undefined;
    const isAccepted = isSuccessCode(code);
    if (isAccepted && isAuth) {
      this.#isAuthenticated = true;
      this.#sessionId = message.sessionId;
    }
    this.#onAnswer(isAccepted ? { isAccepted } : { isAccepted, code, reason: this.#reasonOf(code, body) });
  }

  #reasonOf(code: number, body: ResponseBody): string {
    return this.#scrub(reasonOf(code, body).slice(0, MAX_SCRUBBED_LENGTH)).slice(0, MAX_REASON_LENGTH);
  }

  #answer(request: MessageHeader, { code, body }: Answer): void {
    this.#send({ ...request, code }, body);
  }

  #send(header: Omit<MessageHeader, 'sessionId'>, body: WholeBody): void {
    const link = this.#link;
    if (!link) return;
    const { code, requestId, endpointId } = header;
    const { maxMessageBytes, instruments } = this.#options;
    const whole = { code, requestId, endpointId, sessionId: this.#sessionId };
    const frames = encodeFrames(whole, body, { maxFrameBytes: link.maxFrameBytes, maxMessageBytes });
    link.send(frames);
    countTraffic(instruments, 'out', frames);
  }
}
