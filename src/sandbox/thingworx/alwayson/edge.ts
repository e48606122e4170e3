import { CHARACTERISTIC, CODE, ENTITY_TYPE, isSuccessCode, NONE } from '../../../alwayson/codec/codes.js';
import type { MessageHeader, RequestBody, ResponseBody } from '../../../alwayson/codec/message.js';
import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import type { Clock, Timer } from '../../../core/clock.js';
import { messageOf } from '../../../core/errors.js';
import { EdgeFailure } from './edge-failure.js';
import { forEdge } from './for-edge.js';
import type { Pipe } from './pipe.js';

export interface EdgeOptions {
  /** Both the endpoint id and the session id. Edges with several sockets send both in the AUTH of each. */
  readonly id: number;
  readonly clock: Clock;
  readonly maxInFlight: number;
}

interface PendingCall {
  readonly resolve: (body: ResponseBody) => void;
  readonly reject: (error: EdgeFailure) => void;
  readonly timer: Timer;
}

/**
 * An edge is one endpoint with one or more sockets. It may bind over any of them, and may send a response over a
 * different socket from the one that carried the request; PTC's Java SDK and Connection Server do both.
 */
export class Edge {
  /** Sockets on which AUTH was accepted. */
  readonly pipes = new Set<Pipe>();
  /** Names as they were bound, including the form `*identifier`. */
  readonly names = new Set<string>();
  /** Bound names for which no Thing exists. */
  readonly waitingNames = new Set<string>();
  /** Names of the gateways that the edge has announced. */
  readonly gatewayNames = new Set<string>();
  readonly endpointId: number;
  readonly #options: EdgeOptions;
  readonly #pending = new Map<number, PendingCall>();
  #nextRequestId = 1;
  #turn = 0;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.endpointId = options.id;
  }

  get sessionId(): number {
    return this.#options.id;
  }

  get isOpen(): boolean {
    return this.#openPipes().length > 0;
  }

  /**
   * Sends a request for a Thing, by the name that the edge bound, using the sockets in turn. Rejects with an EdgeFailure.
   */
  request(
    code: number,
    target: Pick<RequestBody, 'entityName' | 'characteristic' | 'name' | 'params'>,
    timeoutMs: number,
  ): Promise<ResponseBody> {
    const open = this.#openPipes();
    const pipe = open[this.#turn++ % open.length];
    if (!pipe) return Promise.reject(new EdgeFailure(CODE.SERVICE_UNAVAILABLE, 'the edge is not connected'));
    if (this.#pending.size >= this.#options.maxInFlight)
      return Promise.reject(
        new EdgeFailure(CODE.SERVICE_UNAVAILABLE, 'too many requests to the edge are in flight; retry later'),
      );
    const requestId = this.#newRequestId();
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.schedule(timeoutMs, () => {
        this.#pending.delete(requestId);
        reject(new EdgeFailure(CODE.GATEWAY_TIMEOUT, `no response within ${timeoutMs / 1000} s`));
      });
      this.#pending.set(requestId, { resolve, reject, timer });
      const header = { code, requestId, endpointId: this.endpointId, sessionId: this.sessionId };
      try {
        const params = target.params && forEdge(target.params);
        pipe.send(header, { kind: 'request', entityType: ENTITY_TYPE.Things, ...target, params });
      } catch (error) {
        timer.cancel();
        this.#pending.delete(requestId);
        reject(new EdgeFailure(CODE.ENTITY_TOO_LARGE, messageOf(error)));
      }
    });
  }

  /** Invokes a service of a bound Thing. */
  invoke(entityName: string, name: string, params: InfoTable | null, timeoutMs: number): Promise<ResponseBody> {
    return this.request(CODE.POST, { entityName, characteristic: CHARACTERISTIC.services, name, params }, timeoutMs);
  }

  /** Handles a response. Late responses and those to unknown requests are ignored. */
  settle(header: MessageHeader, body: ResponseBody): void {
    const call = this.#pending.get(header.requestId);
    if (!call) return;
    this.#pending.delete(header.requestId);
    call.timer.cancel();
    if (isSuccessCode(header.code)) call.resolve(body);
    else call.reject(EdgeFailure.fromAnswer(header.code, body));
  }

  close(code: number, reason: string): void {
    for (const pipe of this.pipes) pipe.close(code, reason);
  }

  /** Called once the last socket is closed. */
  ended(): void {
    for (const call of this.#pending.values()) {
      call.timer.cancel();
      call.reject(new EdgeFailure(CODE.SERVICE_UNAVAILABLE, 'the connection to the edge was lost'));
    }
    this.#pending.clear();
  }

  #openPipes(): Pipe[] {
    return [...this.pipes].filter(({ isOpen }) => isOpen);
  }

  #newRequestId(): number {
    do {
      this.#nextRequestId = (this.#nextRequestId + 1) % NONE;
    } while (this.#pending.has(this.#nextRequestId));
    return this.#nextRequestId;
  }
}
