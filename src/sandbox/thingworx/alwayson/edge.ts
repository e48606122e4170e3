import {
  CHARACTERISTIC,
  CODE,
  ENTITY_TYPE,
  isResponseCode,
  isSuccessCode,
  NONE,
} from '../../../alwayson/codec/codes.js';
import type {
  BindBody,
  Message,
  MessageHeader,
  RequestBody,
  ResponseBody,
  WholeBody,
} from '../../../alwayson/codec/message.js';
import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import type { Clock, Timer } from '../../../core/clock.js';
import { messageOf } from '../../../core/errors.js';
import type { Log } from '../../../core/log.js';
import { EdgeFailure } from './edge-failure.js';
import type { EdgeSocket } from './edge-socket.js';
import { forEdge } from './for-edge.js';

/** What the platform decides for its edges. */
export interface EdgeHost {
  /** Compares in constant time. */
  isAppKey(key: string): boolean;
  /** Binds or unbinds; gives why not, for a refusal. */
  bind(edge: Edge, body: BindBody): string | undefined;
  /** Answers what an edge asks of the platform; throws an EdgeFailure to refuse. */
  serve(edge: Edge, request: RequestBody, code: number): Promise<InfoTable | null> | InfoTable | null;
  closed(edge: Edge): void;
}

export interface EdgeOptions {
  readonly sessionId: number;
  readonly host: EdgeHost;
  readonly clock: Clock;
  readonly log: Log;
  readonly authTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxInFlight: number;
}

interface Question {
  readonly resolve: (body: ResponseBody) => void;
  readonly reject: (error: EdgeFailure) => void;
  readonly timer: Timer;
}

/** A reason may repeat a name that the edge sent, and names are as long as messages. */
const MAX_REASON_LENGTH = 2000;
/** How long an edge may take to answer a close. */
const CLOSE_GRACE_MS = 1000;

/** One connected edge, from its first frame to its last (protocol notes 5). */
export class Edge {
  /** Names as they were bound, `*identifier` among them. */
  readonly names = new Set<string>();
  /** Names that it asked for and that no Thing has. */
  readonly waitingNames = new Set<string>();
  readonly sessionId: number;
  readonly #options: EdgeOptions;
  readonly #questions = new Map<number, Question>();
  #socket!: EdgeSocket;
  #isAuthenticated = false;
  #nextRequestId = 1;
  #deadline: Timer;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.sessionId = options.sessionId;
    this.#deadline = this.#closeAfter(options.authTimeoutMs, 'no AUTH in time');
  }

  attach(socket: EdgeSocket): void {
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** Postpones the idle time-out; before AUTH nothing does. */
  active(): void {
    if (!this.#isAuthenticated) return;
    this.#deadline.cancel();
    this.#deadline = this.#closeAfter(this.#options.idleTimeoutMs, 'silent for too long');
  }

  /** Calls something on the edge, by the name that it bound. Rejects with an EdgeFailure. */
  ask(
    code: number,
    target: Pick<RequestBody, 'entityName' | 'characteristic' | 'name' | 'params'>,
    timeoutMs: number,
  ): Promise<ResponseBody> {
    if (!this.isOpen) return Promise.reject(new EdgeFailure(CODE.SERVICE_UNAVAILABLE, 'the edge is not connected'));
    if (this.#questions.size >= this.#options.maxInFlight)
      return Promise.reject(new EdgeFailure(CODE.SERVICE_UNAVAILABLE, 'too many requests are open'));
    const requestId = this.#newRequestId();
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.schedule(timeoutMs, () => {
        this.#questions.delete(requestId);
        reject(new EdgeFailure(CODE.GATEWAY_TIMEOUT, `no answer within ${timeoutMs / 1000} s`));
      });
      this.#questions.set(requestId, { resolve, reject, timer });
      const header = { code, requestId, endpointId: this.sessionId, sessionId: this.sessionId };
      try {
        const params = target.params && forEdge(target.params);
        this.#socket.send(header, { kind: 'request', entityType: ENTITY_TYPE.Things, ...target, params });
      } catch (error) {
        timer.cancel();
        this.#questions.delete(requestId);
        reject(new EdgeFailure(CODE.ENTITY_TOO_LARGE, messageOf(error)));
      }
    });
  }

  /** Invokes a service of a bound Thing. */
  invoke(entityName: string, name: string, params: InfoTable | null, timeoutMs: number): Promise<ResponseBody> {
    return this.ask(CODE.POST, { entityName, characteristic: CHARACTERISTIC.services, name, params }, timeoutMs);
  }

  receive(message: Message<WholeBody>): void {
    const { body } = message;
    if (body.kind === 'keepAlive') return;
    if (isResponseCode(message.code)) return this.#settle(message, body as ResponseBody);
    if (body.kind === 'auth') return this.#authenticate(message, body.claims);
    if (!this.#isAuthenticated) return this.close(1008, 'AUTH must come first');
    if (body.kind === 'bind') return this.#bind(message, body);
    if (body.kind === 'request') void this.#serve(message, body);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Called once the socket is gone. */
  ended(): void {
    this.#deadline.cancel();
    for (const question of this.#questions.values()) {
      question.timer.cancel();
      question.reject(new EdgeFailure(CODE.SERVICE_UNAVAILABLE, 'the connection of the edge broke'));
    }
    this.#questions.clear();
    this.#options.host.closed(this);
  }

  #settle(header: MessageHeader, body: ResponseBody): void {
    const question = this.#questions.get(header.requestId);
    // Unknown or late: ignored (protocol notes 7.3).
    if (!question) return;
    this.#questions.delete(header.requestId);
    question.timer.cancel();
    if (isSuccessCode(header.code)) question.resolve(body);
    else question.reject(EdgeFailure.fromAnswer(header.code, body));
  }

  #authenticate(header: MessageHeader, claims: ReadonlyMap<string, string>): void {
    const key = [...claims].find(([name]) => name.toLowerCase() === 'appkey')?.[1] ?? '';
    if (!this.#options.host.isAppKey(key)) {
      this.#options.log.warn({ sessionId: this.sessionId }, 'an edge was refused: wrong application key');
      this.#isAuthenticated = false;
      this.#answer(header, CODE.UNAUTHORIZED, 'Invalid credentials');
      return this.close(1008, 'AUTH was refused');
    }
    this.#isAuthenticated = true;
    this.active();
    this.#answer({ ...header, endpointId: this.sessionId }, CODE.SUCCESS, null);
  }

  #bind(header: MessageHeader, body: BindBody): void {
    const refusal = this.#options.host.bind(this, body);
    this.#answer(header, refusal === undefined ? CODE.SUCCESS : CODE.FORBIDDEN, refusal ?? null);
  }

  async #serve(header: MessageHeader, request: RequestBody): Promise<void> {
    try {
      const content = await this.#options.host.serve(this, request, header.code);
      this.#answer(header, CODE.SUCCESS, null, content);
    } catch (error) {
      const failure =
        error instanceof EdgeFailure ? error : new EdgeFailure(CODE.INTERNAL_SERVER_ERROR, messageOf(error));
      this.#answer(header, failure.code, failure.message);
    }
  }

  #answer(header: MessageHeader, code: number, reason: string | null, content: InfoTable | null = null): void {
    const { requestId, endpointId } = header;
    this.#socket.send(
      { code, requestId, endpointId, sessionId: this.sessionId },
      { kind: 'response', reason: reason && reason.slice(0, MAX_REASON_LENGTH), content: content && forEdge(content) },
    );
  }

  #closeAfter(delayMs: number, reason: string): Timer {
    return this.#options.clock.schedule(delayMs, () => {
      this.close(1001, reason);
      // One that is gone without a word does not answer the close.
      this.#deadline = this.#options.clock.schedule(CLOSE_GRACE_MS, () => this.terminate());
    });
  }

  #newRequestId(): number {
    do {
      this.#nextRequestId = (this.#nextRequestId + 1) % NONE;
    } while (this.#questions.has(this.#nextRequestId));
    return this.#nextRequestId;
  }
}
