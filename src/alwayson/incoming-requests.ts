import { type CallContext, type OwnedCallContext, startCall } from '../core/call-context.js';
import type { Clock, Timer } from '../core/clock.js';
import { deferred, type Deferred } from '../core/promises.js';
import { AgentError, isAgentError } from '../core/errors.js';
import { type Instruments, traced } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import { type Answer, failure, refusal, statusOf, success } from './answers.js';
import { CODE } from './codec/codes.js';
import type { Message, MessageHeader, RequestBody } from './codec/message.js';
import type { InfoTable } from './codec/values-model.js';

/** Handles one request and returns a table or null; throws AgentError to refuse it. `code` is GET, PUT, POST or DELETE. */
export type RequestHandler = (context: CallContext, request: RequestBody, code: number) => Promise<InfoTable | null>;

export interface IncomingRequestsOptions {
  readonly handle: RequestHandler;
  /** Sends the response to the request with this header; throws AgentError if it cannot be encoded. */
  readonly send: (request: MessageHeader, answer: Answer) => void;
  readonly maxInFlight: number;
  /** How long a handler may take. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

/** How long after its deadline a handler may still report why it failed; then the agent answers in its place. */
const GRACE_MS = 250;

interface OpenRequest {
  readonly header: MessageHeader;
  readonly context: OwnedCallContext;
  readonly guard: Timer;
  readonly startedMs: number;
}

/**
 * The requests of the platform that are in flight on one connection. Each is answered exactly once, whatever its handler
 * does, or not at all if the connection has closed.
 */
export class IncomingRequests {
  readonly #options: IncomingRequestsOptions;
  readonly #open = new Map<number, OpenRequest>();
  /** Requests above the limit that arrived in this turn of the event loop, by id. */
  readonly #overflow = new Map<number, Message<RequestBody>>();
  #isAccepting = true;
  #idle: Deferred<void> | undefined;
  /** The requests that `whenCurrentEnd` waits for. */
  #awaited = new Set<OpenRequest>();
  #currentEnd: Deferred<void> | undefined;

  constructor(options: IncomingRequestsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  has(requestId: number): boolean {
    return this.#open.has(requestId);
  }

  /** Starts a request or refuses it at once; a request that is repeated while in flight is not started again. */
  receive(message: Message<RequestBody>): void {
    const { log, maxInFlight } = this.#options;
    if (this.#open.has(message.requestId)) {
      log.debug({ requestId: message.requestId }, 'ignored a repeated request while the first is in flight');
      return;
    }
    if (!this.#isAccepting) this.#refuse(message, 'The agent is shutting down or reconnecting; repeat the call later.');
    else if (this.#open.size < maxInFlight) this.#begin(message);
    else if (this.#overflow.size < maxInFlight) this.#deferOverflow(message);
    else this.#refuseOverflow(message);
  }

  /**
   * Requests that arrive in one packet are read in one turn of the event loop, before any of them can be answered. Those
   * above the limit are deferred by one turn, in which the others may finish, and are started or refused then.
   */
  #deferOverflow(message: Message<RequestBody>): void {
    if (this.#overflow.has(message.requestId)) return;
    if (this.#overflow.size === 0) setImmediate(() => this.#admitOverflow());
    this.#overflow.set(message.requestId, message);
  }

  /** Starts as many deferred requests as there are free places; the others are deferred again while places become free. */
  #admitOverflow(): void {
    const overflow = [...this.#overflow.values()];
    this.#overflow.clear();
    const places = this.#options.maxInFlight - this.#open.size;
    for (const [index, message] of overflow.entries()) {
      if (!this.#isAccepting)
        this.#refuse(message, 'The agent is shutting down or reconnecting; repeat the call later.');
      else if (index < places) this.#begin(message);
      else if (places > 0) this.#deferOverflow(message);
      else this.#refuseOverflow(message);
    }
  }

  #refuseOverflow(message: MessageHeader): void {
    const { maxInFlight } = this.#options;
    this.#refuse(message, `The agent has ${maxInFlight} calls open, as many as it accepts; repeat the call later.`);
  }

  /** Refuses every new request from now on, with 0xA3. */
  stopAccepting(): void {
    this.#isAccepting = false;
  }

  /** Resolves when no request is in flight. */
  whenIdle(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    this.#idle ??= deferred();
    return this.#idle.promise;
  }

  /** Resolves when the requests that are in flight now have ended, whatever arrives meanwhile. One wait at a time. */
  whenCurrentEnd(): Promise<void> {
    this.#awaited = new Set(this.#open.values());
    this.#currentEnd = deferred();
    if (this.#awaited.size === 0) this.#currentEnd.resolve();
    return this.#currentEnd.promise;
  }

  /** Answers every request in flight with 0xA3 and aborts its handler. */
  refuseOpen(): void {
    for (const request of this.#open.values()) this.#fail(request, shuttingDown());
  }

  /** Aborts every request in flight without a response, because the connection has closed. */
  abandon(): void {
    this.#overflow.clear();
    const lost = new AgentError('ConnectionLost', 'The connection to ThingWorx broke while the call was open.');
    for (const request of this.#open.values()) this.#settle(request, lost);
  }

  #begin(message: Message<RequestBody>): void {
    const { clock, timeoutMs, log, instruments } = this.#options;
    const context = startCall({ timeoutMs, clock, log, logFields: { requestId: message.requestId }, instruments });
    const header = {
      code: message.code,
      requestId: message.requestId,
      endpointId: message.endpointId,
      sessionId: message.sessionId,
    };
    const guard = clock.schedule(timeoutMs + GRACE_MS, () => this.#fail(request, overdue(timeoutMs)));
    const request: OpenRequest = { header, context, guard, startedMs: clock.monotonicMs() };
    this.#open.set(message.requestId, request);
    this.#gauge();
    void this.#run(request, this.#handleInSpan(request.context, message));
  }

  /** A method of its own, since the timer of the request would otherwise keep the message. */
  #handleInSpan(context: CallContext, message: Message<RequestBody>): Promise<InfoTable | null> {
    const attributes = { 'alwayson.request_id': String(message.requestId), 'correlation.id': context.correlationId };
    return traced(context.instruments, { name: 'AlwaysOn request', attributes }, () => this.#handle(context, message));
  }

  /** Does not wait: an async function that waits keeps its arguments, here up to 1 MiB of a request. */
  async #handle(context: CallContext, { body, code }: Message<RequestBody>): Promise<InfoTable | null> {
    return this.#options.handle(context, body, code);
  }

  async #run(request: OpenRequest, handling: Promise<InfoTable | null>): Promise<void> {
    try {
      this.#succeed(request, await handling);
    } catch (error) {
      this.#fail(request, error);
    }
  }

  #succeed(request: OpenRequest, content: InfoTable | null): void {
    if (!this.#isOpen(request)) return;
    this.#settle(request);
    this.#write(request, success(content));
  }

  #fail(request: OpenRequest, error: unknown): void {
    if (!this.#isOpen(request)) return;
    this.#settle(request, error);
    this.#write(request, this.#failed(request, error));
  }

  #isOpen(request: OpenRequest): boolean {
    return this.#open.get(request.header.requestId) === request;
  }

  #write(request: OpenRequest, answer: Answer): void {
    const { send, instruments, clock } = this.#options;
    let written = answer;
    try {
      send(request.header, written);
    } catch (error) {
      written = this.#failed(request, unsendable(error, answer));
      send(request.header, written);
    }
    instruments.count('alwayson_requests_total', { status: `0x${written.code.toString(16)}` });
    instruments.observe('alwayson_request_seconds', (clock.monotonicMs() - request.startedMs) / 1000);
  }

  #failed(request: OpenRequest, error: unknown): Answer {
    const { context } = request;
    const { correlationId } = context;
    if (statusOf(error) === undefined) context.log.error({ err: error }, 'a request failed because of a defect');
    else if (isAgentError(error)) context.log.debug({ code: error.code }, 'request refused');
    return failure(error, correlationId);
  }

  /** Removes the request and releases its resources; what its handler still does is ignored. */
  #settle(request: OpenRequest, reason?: unknown): void {
    this.#open.delete(request.header.requestId);
    request.guard.cancel();
    request.context.dispose(reason instanceof Error ? reason : undefined);
    this.#gauge();
    if (this.#awaited.delete(request) && this.#awaited.size === 0) this.#currentEnd?.resolve();
    if (this.#open.size > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #refuse(message: MessageHeader, sentence: string): void {
    const error = new AgentError('ServiceUnavailable', sentence);
    this.#options.send(message, refusal(CODE.SERVICE_UNAVAILABLE, error.reason));
    this.#options.instruments.count('alwayson_requests_total', { status: '0xa3' });
  }

  #gauge(): void {
    this.#options.instruments.gauge('alwayson_requests_in_flight', this.#open.size);
  }
}

function shuttingDown(): AgentError {
  return new AgentError('ServiceUnavailable', 'The agent is shutting down or reconnecting; repeat the call later.');
}

function overdue(timeoutMs: number): AgentError {
  return new AgentError('ServiceTimeout', `The service had not answered after ${timeoutMs / 1000} s; repeat the call.`);
}

/** The caller can narrow a request whose response is above the message limit; any other failure is a defect. */
function unsendable(error: unknown, { body }: Answer): unknown {
  if (!isAgentError(error, 'FrameLimitExceeded')) return error;
  const rows = body.content?.rows.length ?? 0;
  const sentence = `The result has ${rows} ${rows === 1 ? 'row' : 'rows'} and does not fit one message of the platform. Ask for less at a time, page by page where a paging service exists.`;
  return new AgentError('ResultTooLarge', sentence, { cause: error, context: { rows } });
}
