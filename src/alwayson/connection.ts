import { EventEmitter } from 'eventemitter3';
import { deferred } from '../core/promises.js';
import { AgentError, messageOf } from '../core/errors.js';
import { bindGroups } from './session-binding.js';
import { CODE } from './codec/codes.js';
import type { AuthBody, BindBody } from './codec/message.js';
import type { InfoTable } from './codec/values-model.js';
import type { ConnectionOptions } from './connection-options.js';
import { Exchange, type OutgoingRequest } from './exchange.js';
import { Link } from './link.js';
import { boundNames, initialState, isAuthenticated, isUnbinding, step } from './session.js';
import { SessionTimers } from './session-timers.js';
import type { ConnectionStatus, Effect, Grouping, SessionInput, SessionState, TimerName } from './session-types.js';

/** The events of a connection, with the arguments of their listeners. */
export interface ConnectionEvents {
  /** Every change of the connection, in order. */
  status: [ConnectionStatus];
}

/**
 * A connection to the platform that authenticates, binds and reconnects until it is closed. It carries out what the
 * session machine decides: it owns the socket and the timers, and makes no decisions of its own. Listeners must not throw.
 */
export class Connection extends EventEmitter<ConnectionEvents> {
  readonly #options: ConnectionOptions;
  readonly #group: Grouping;
  readonly #timers: SessionTimers;
  readonly #exchange: Exchange;
  readonly #closed = deferred();
  readonly #inputs: SessionInput[] = [];
  /** Sockets that have not closed yet. */
  readonly #links = new Set<Link>();
  #isStepping = false;
  #state: SessionState;
  #link: Link | undefined;

  constructor(options: ConnectionOptions) {
    super();
    this.#options = options;
    this.#state = initialState(options.names);
    this.#group = bindGroups(options.maxFrameBytes, options.gateway);
    this.#timers = new SessionTimers(options, (timer) => this.#input({ type: 'timer', timer }));
    this.#exchange = new Exchange(options, (answer) =>
      this.#input(
        answer.isAccepted ? { type: 'accepted' } : { type: 'refused', code: answer.code, reason: answer.reason },
      ),
    );
  }

  /** Names bound on the current connection. */
  get boundNames(): readonly string[] {
    return boundNames(this.#state);
  }

  /** Whether an UNBIND of the name has to be sent or answered. */
  isUnbinding(name: string): boolean {
    return isUnbinding(this.#state, name);
  }

  /** How many requests of the platform are in flight. */
  get requestsInFlight(): number {
    return this.#exchange.incoming.size;
  }

  /** Starts to connect; progress is reported as status. */
  start(): void {
    this.#input({ type: 'start' });
  }

  /** Binds one more name, at once or with the next connection. */
  addName(name: string): void {
    this.#input({ type: 'addName', name });
  }

  /** Unbinds a name, and does not bind it any more. The status `unbound` follows if it was bound. */
  removeName(name: string): void {
    this.#input({ type: 'removeName', name });
  }

  /**
   * Sends a request to the platform and returns the content of its response.
   * @throws AgentError ConnectionLost if there is no connection or it breaks; RequestTimeout; RequestRefused; QueueFull;
   * ValueNotEncodable or FrameLimitExceeded for a request that cannot be sent.
   */
  call(request: OutgoingRequest, timeoutMs: number): Promise<InfoTable | null> {
    if (!isAuthenticated(this.#state)) return Promise.reject(this.#notConnected());
    return this.#exchange.call(request, timeoutMs);
  }

  /** Resolves when the requests that are in flight now have ended, at the latest after `timeoutMs`. */
  async whenCurrentRequestsEnd(timeoutMs: number): Promise<void> {
    await this.#atMost(timeoutMs, this.#exchange.incoming.whenCurrentEnd());
  }

  /**
   * Refuses new requests, waits for those in flight and refuses what is left after `timeoutMs`, then unbinds and closes.
   * Resolves when closed.
   */
  async drain(timeoutMs: number): Promise<void> {
    const { incoming } = this.#exchange;
    incoming.stopAccepting();
    await this.#atMost(timeoutMs, incoming.whenIdle());
    incoming.refuseOpen();
    this.#input({ type: 'shutDown' });
    await this.#closed.promise;
  }

  /** Closes at once, without a response to the requests in flight. Resolves when the socket has closed. */
  close(): Promise<void> {
    this.#input({ type: 'close' });
    return this.#closed.promise;
  }

  async #atMost(timeoutMs: number, work: Promise<void>): Promise<void> {
    const timeout = deferred();
    const timer = this.#options.clock.schedule(timeoutMs, () => timeout.resolve());
    await Promise.race([work, timeout.promise, this.#closed.promise]);
    timer.cancel();
  }

  /** Steps the machine. Inputs that arrive while effects are carried out are queued, so that steps never nest. */
  #input(input: SessionInput): void {
    this.#inputs.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) {
        const { state, effects } = step(this.#state, next, this.#group);
        this.#state = state;
        for (const effect of effects) this.#carryOut(effect);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'dial':
        return this.#dial();
      case 'sendAuth':
        return this.#request(CODE.AUTH, { kind: 'auth', claims: new Map([['appKey', this.#options.appKey]]) });
      case 'sendBind':
        return this.#request(CODE.BIND, this.#bindBody(effect.names, false));
      case 'sendUnbind':
        return this.#request(CODE.UNBIND, this.#bindBody(effect.names, true));
      case 'sendPing':
        return this.#ping();
      case 'arm':
        return this.#timers.arm(
          effect.timer,
          'delay' in effect ? this.#timers.pauseMs(effect.delay) : this.#waitMs(effect.timer),
        );
      case 'disarm':
        return this.#timers.disarm(effect.timer);
      case 'disarmAll':
        return this.#timers.disarmAll(effect.except);
      case 'endSocket':
        this.#link?.end(effect.how);
        this.#link = undefined;
        return undefined;
      case 'abandonWork':
        return this.#exchange.abandon(this.#notConnected());
      case 'notify':
        return this.#notify(effect.status);
    }
  }

  #waitMs(timer: Exclude<TimerName, 'dial' | 'rebind'>): number {
    const options = this.#options;
    switch (timer) {
      case 'connect':
        return options.connectTimeoutMs;
      case 'answer':
        return this.#state.tag === 'unbinding' ? options.unbindTimeoutMs : options.answerTimeoutMs;
      case 'ping':
        return options.pingIntervalMs;
      case 'pong':
        return options.pongTimeoutMs;
      case 'stable':
        return options.reconnect.stableAfterMs;
      case 'recent':
        return options.reconnect.recentlyBoundMs;
    }
  }

  #dial(): void {
    const { dial, maxFrameBytes, log } = this.#options;
    const link = new Link({
      dial,
      maxFrameBytes,
      listener: {
        onOpen: () => this.#input({ type: 'opened' }),
        onFrame: (frame) => this.#exchange.receive(frame),
        onText: () => log.debug({}, 'ignored a text message'),
        onPong: () => this.#input({ type: 'pong' }),
        onClose: ({ cause, isClean }) => this.#input({ type: 'lost', cause, clean: isClean }),
      },
    });
    this.#link = link;
    this.#links.add(link);
    void link.ended.then(() => this.#links.delete(link));
    this.#exchange.attach(link);
  }

  /** A request that cannot be encoded, because the frames of the platform are tiny, counts as a broken connection. */
  #request(code: number, body: AuthBody | BindBody): void {
    try {
      this.#exchange.sendSessionRequest(code, body);
    } catch (error) {
      this.#input({ type: 'lost', cause: messageOf(error), clean: false });
    }
  }

  #bindBody(names: readonly string[], unbind: boolean): BindBody {
    return { kind: 'bind', unbind, gateway: this.#options.gateway, names };
  }

  #ping(): void {
    this.#exchange.sweep();
    // Platforms drop empty pings; other edges send the time of day [AO 1.4].
    this.#link?.ping(new Date(this.#options.clock.nowMs()).toISOString().slice(11, 19));
  }

  #notConnected(): AgentError {
    return this.#state.tag === 'closed'
      ? new AgentError('ConnectionClosed', 'The connection to ThingWorx has been closed.')
      : new AgentError('ConnectionLost', 'There is no connection to ThingWorx at the moment.');
  }

  #notify(status: ConnectionStatus): void {
    if (status.type === 'closed')
      void Promise.all([...this.#links].map((link) => link.ended)).then(() => this.#closed.resolve());
    this.emit('status', status);
  }
}
