import type { Client } from 'aedes';
import type { Timer } from '../../../core/clock.js';
import type { EndpointId, MethodOutcome } from '../ports.js';

/** How many method calls may be in flight on one device. */
export const MAX_OPEN_CALLS = 1000;

/** A connected device or module and its method calls in flight. */
export class Connection {
  readonly id: EndpointId;
  readonly client: Client;
  /** Whether the user name has an api-version, without which twin requests are rejected. */
  readonly hasApiVersion: boolean;
  /** The filters of this connection and of the session that it resumed. */
  readonly subscriptions = new Set<string>();
  /** Whether CONNACK is sent and the session restored, so that messages may be sent. */
  isReady = false;
  /** Resolves once `isReady` is true or the connection is closed. */
  readonly restored: Promise<void>;
  /** The older connection of the same device, until it is closed. */
  replaces: Connection | undefined;
  readonly #calls = new Map<string, (outcome: MethodOutcome) => void>();

  readonly #expiry: Timer | undefined;
  #settleRestored: () => void = () => undefined;

  /** @param options.expiry the timer that closes it when its token expires. */
  constructor(
    id: EndpointId,
    client: Client,
    options: { readonly hasApiVersion: boolean; readonly expiry: Timer | undefined },
  ) {
    this.id = id;
    this.client = client;
    this.hasApiVersion = options.hasApiVersion;
    this.#expiry = options.expiry;
    this.restored = new Promise((resolve) => (this.#settleRestored = resolve));
  }

  /** Called once CONNACK is sent and the session is restored. */
  ready(): void {
    this.isReady = true;
    this.#settleRestored();
  }

  /** Registers a call that waits for the response to `requestId`; false if too many calls are in flight. */
  expectAnswer(requestId: string, settle: (outcome: MethodOutcome) => void): boolean {
    if (this.#calls.size >= MAX_OPEN_CALLS) return false;
    this.#calls.set(requestId, settle);
    return true;
  }

  /** Ends the wait for a response. */
  forgetAnswer(requestId: string): void {
    this.#calls.delete(requestId);
  }

  /** Settles the call that a response belongs to. Duplicate and late responses are dropped. */
  answer(requestId: string, outcome: MethodOutcome): void {
    const settle = this.#calls.get(requestId);
    this.#calls.delete(requestId);
    settle?.(outcome);
  }

  /** Ends all calls, because the connection is closed. */
  lost(): void {
    this.#expiry?.cancel();
    this.#settleRestored();
    const waiting = [...this.#calls.values()];
    this.#calls.clear();
    for (const settle of waiting) settle({ kind: 'disconnected' });
  }
}
