import { CODE, isResponseCode } from '../../../alwayson/codec/codes.js';
import type {
  AuthBody,
  BindBody,
  Message,
  MessageHeader,
  RequestBody,
  WholeBody,
} from '../../../alwayson/codec/message.js';
import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import type { Clock, Timer } from '../../../core/clock.js';
import { messageOf } from '../../../core/errors.js';
import type { Log } from '../../../core/log.js';
import type { Edge } from './edge.js';
import { EdgeFailure } from './edge-failure.js';
import type { EdgeSocket } from './edge-socket.js';
import { forEdge } from './for-edge.js';

/** What a pipe needs of the platform: decisions about edges and their requests. */
export interface EdgeHost {
  /** Compares in constant time. */
  isAppKey(key: string): boolean;
  /** Returns the connected edge with the endpoint id, or a new edge. */
  edgeFor(endpointId: number): Edge;
  /** Binds or unbinds the names; returns the reason if it refuses. */
  bind(edge: Edge, body: BindBody): string | undefined;
  /** Handles a request of an edge; throws an EdgeFailure to refuse it. */
  serve(edge: Edge, request: RequestBody, code: number): Promise<InfoTable | null>;
  /** Called once the socket of a pipe is closed. */
  closed(pipe: Pipe): void;
}

export interface PipeOptions {
  readonly host: EdgeHost;
  readonly clock: Clock;
  readonly log: Log;
  readonly authTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** How many requests of one socket are handled at a time. */
  readonly maxInFlight: number;
}

/** A reason may repeat a name that the edge sent, and only the size of a message bounds a name. */
const MAX_REASON_LENGTH = 2000;
/** How long an edge may take to respond to a close. */
const CLOSE_GRACE_MS = 1000;
/** One socket, from its first frame to its last. It belongs to an edge once AUTH has been accepted. */
export class Pipe {
  readonly #options: PipeOptions;
  #socket!: EdgeSocket;
  #edge: Edge | undefined;
  #isAuthenticated = false;
  #served = 0;
  #deadline: Timer;

  constructor(options: PipeOptions) {
    this.#options = options;
    this.#deadline = this.#closeAfter(options.authTimeoutMs, 'no AUTH in time');
  }

  attach(socket: EdgeSocket): void {
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** Undefined before AUTH. */
  get edge(): Edge | undefined {
    return this.#edge;
  }

  /** Restarts the idle timeout. Before AUTH it has no effect, so activity cannot postpone the AUTH timeout. */
  active(): void {
    if (!this.#isAuthenticated) return;
    this.#deadline.cancel();
    this.#deadline = this.#closeAfter(this.#options.idleTimeoutMs, 'idle for too long');
  }

  /** @throws AgentError FrameLimitExceeded or ValueNotEncodable, without sending anything. */
  send(header: MessageHeader, body: WholeBody): void {
    this.#socket.send(header, body);
  }

  receive(message: Message<WholeBody>): void {
    const { body } = message;
    if (body.kind === 'keepAlive') return;
    if (body.kind === 'auth') return this.#authenticate(message, body);
    const edge = this.#isAuthenticated ? this.#edge : undefined;
    if (!edge) return isResponseCode(message.code) ? undefined : this.close(1008, 'AUTH must come first');
    switch (body.kind) {
      case 'response':
        return edge.settle(message, body);
      case 'clearAuth':
        this.#isAuthenticated = false;
        return this.#answer(message, CODE.SUCCESS, null);
      case 'bind':
        return this.#bind(edge, message, body);
      case 'request':
        void this.#serve(edge, message, body);
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Called once the socket is closed. */
  ended(): void {
    this.#deadline.cancel();
    this.#options.host.closed(this);
  }

  #authenticate(header: MessageHeader, { claims }: AuthBody): void {
    const { host, log } = this.#options;
    const key = [...claims].find(([name]) => name.toLowerCase() === 'appkey')?.[1] ?? '';
    if (!host.isAppKey(key)) {
      log.warn({ sessionId: this.#edge?.sessionId }, 'refused an edge: wrong application key');
      this.#isAuthenticated = false;
      this.#answer(header, CODE.UNAUTHORIZED, 'Invalid credentials');
      return this.close(1008, 'AUTH was refused');
    }
    this.#isAuthenticated = true;
    // A C SDK edge whose BIND was refused sends AUTH again on the same socket.
    this.#edge ??= host.edgeFor(header.endpointId);
    this.#edge.pipes.add(this);
    this.active();
    this.#answer({ ...header, endpointId: this.#edge.endpointId }, CODE.SUCCESS, null);
  }

  #bind(edge: Edge, header: MessageHeader, body: BindBody): void {
    const refusal = this.#options.host.bind(edge, body);
    this.#answer(header, refusal === undefined ? CODE.SUCCESS : CODE.FORBIDDEN, refusal ?? null);
  }

  async #serve(edge: Edge, header: MessageHeader, request: RequestBody): Promise<void> {
    if (this.#served >= this.#options.maxInFlight)
      return this.#answer(
        header,
        CODE.SERVICE_UNAVAILABLE,
        'too many requests of the edge are in flight; send fewer at a time',
      );
    this.#served++;
    try {
      const content = await this.#options.host.serve(edge, request, header.code);
      this.#answer(header, CODE.SUCCESS, null, content);
    } catch (error) {
      const failure =
        error instanceof EdgeFailure ? error : new EdgeFailure(CODE.INTERNAL_SERVER_ERROR, messageOf(error));
      this.#answer(header, failure.code, failure.message);
    } finally {
      this.#served--;
    }
  }

  #answer(header: MessageHeader, code: number, reason: string | null, content: InfoTable | null = null): void {
    const { requestId, endpointId } = header;
    this.#socket.send(
      { code, requestId, endpointId, sessionId: this.#edge?.sessionId ?? 0 },
      { kind: 'response', reason: reason && reason.slice(0, MAX_REASON_LENGTH), content: content && forEdge(content) },
    );
  }

  #closeAfter(delayMs: number, reason: string): Timer {
    return this.#options.clock.schedule(delayMs, () => {
      this.close(1001, reason);
      // An edge that vanished does not respond to the close.
      this.#deadline = this.#options.clock.schedule(CLOSE_GRACE_MS, () => this.terminate());
    });
  }
}
