import type { Clock, Timer } from '../core/clock.js';
import { AgentError } from '../core/errors.js';
import { isSuccessCode, NONE } from './codec/codes.js';
import type { Message, ResponseBody } from './codec/message.js';
import type { InfoTable } from './codec/values-model.js';

interface OpenCall {
  readonly resolve: (content: InfoTable | null) => void;
  readonly reject: (error: AgentError) => void;
  readonly timer: Timer;
}

export interface OutgoingCallsOptions {
  readonly clock: Clock;
  readonly maxOpen: number;
  /** Returns why the platform refused a request, without secrets. */
  readonly reasonOf: (code: number, body: ResponseBody) => string;
}

/** Requests of the edge that are waiting for the platform's response, bounded in number and in time. */
export class OutgoingCalls {
  readonly #clock: Clock;
  readonly #maxOpen: number;
  readonly #reasonOf: OutgoingCallsOptions['reasonOf'];
  readonly #open = new Map<number, OpenCall>();
  #lastId = 0;

  constructor(options: OutgoingCallsOptions) {
    this.#clock = options.clock;
    this.#reasonOf = options.reasonOf;
    this.#maxOpen = options.maxOpen;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Returns a request id that no pending call has; never the one that means "no request". */
  nextId(): number {
    do this.#lastId = this.#lastId >= NONE - 1 ? 1 : this.#lastId + 1;
    while (this.#open.has(this.#lastId));
    return this.#lastId;
  }

  /**
   * Waits for the response to the request that `send` sends with a new id.
   * @returns the content of a success.
   * @throws AgentError QueueFull, RequestTimeout, RequestRefused, or the error of `send` or `failAll`.
   */
  open(timeoutMs: number, send: (requestId: number) => void): Promise<InfoTable | null> {
    if (this.#open.size >= this.#maxOpen)
      return Promise.reject(
        new AgentError(
          'QueueFull',
          `${this.#maxOpen} calls to ThingWorx are pending; wait for responses before sending more.`,
        ),
      );
    return new Promise((resolve, reject) => {
      const id = this.nextId();
      const timer = this.#clock.schedule(timeoutMs, () => this.#fail(id, timedOut(timeoutMs)));
      this.#open.set(id, { resolve, reject, timer });
      try {
        send(id);
      } catch (error) {
        this.#fail(id, error as AgentError);
      }
    });
  }

  /** Settles the call that this response belongs to; returns false if there is none [AO 7.3]. */
  settle(message: Message<ResponseBody>): boolean {
    const call = this.#take(message.requestId);
    if (!call) return false;
    const { code, body } = message;
    if (isSuccessCode(code)) call.resolve(body.content);
    else call.reject(refused(code, this.#reasonOf(code, body)));
    return true;
  }

  /** Rejects all pending calls with this error. */
  failAll(error: AgentError): void {
    for (const id of this.#open.keys()) this.#fail(id, error);
  }

  #fail(id: number, error: AgentError): void {
    this.#take(id)?.reject(error);
  }

  #take(id: number): OpenCall | undefined {
    const call = this.#open.get(id);
    call?.timer.cancel();
    this.#open.delete(id);
    return call;
  }
}

function timedOut(timeoutMs: number): AgentError {
  return new AgentError(
    'RequestTimeout',
    `ThingWorx did not respond within ${timeoutMs / 1000} s; check that it is reachable and not overloaded.`,
  );
}

function refused(status: number, reason: string): AgentError {
  const text = reason.slice(0, 1_000);
  return new AgentError('RequestRefused', `ThingWorx refused the request: ${text}`, {
    context: { status, reason: text },
  });
}
