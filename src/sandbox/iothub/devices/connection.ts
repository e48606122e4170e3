import type { Client } from 'aedes';
import type { Timer } from '../../../core/clock.js';
import type { EndpointId, MethodOutcome } from '../ports.js';

/** How many method calls may be open on one device at a time. */
export const MAX_OPEN_CALLS = 1000;

/** A device or module that is connected, and the method calls that it has not answered. */
export class Connection {
  readonly id: EndpointId;
  readonly client: Client;
  /** Whether its user name has an api-version, without which twin requests are refused. */
  readonly hasApiVersion: boolean;
  /** Filters, of this connection and of the session that it went on with. */
  readonly subscriptions = new Set<string>();
  /** CONNACK is out and the session restored: messages may be sent. */
  isReady = false;
  /** Resolves with `isReady`, or when the connection is gone before. */
  readonly restored: Promise<void>;
  /** The older connection of the same device, until it is closed. */
  replaces: Connection | undefined;
  readonly #calls = new Map<string, (outcome: MethodOutcome) => void>();

  readonly #expiry: Timer | undefined;
  #settleRestored: () => void = () => undefined;

  /** @param options.expiry what ends it when its token does. */
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

  /** CONNACK is out, and the session restored. */
  ready(): void {
    this.isReady = true;
    this.#settleRestored();
  }

  /** Waits for the answer to `requestId`; `false` when there are too many calls open already. */
  expectAnswer(requestId: string, settle: (outcome: MethodOutcome) => void): boolean {
    if (this.#calls.size >= MAX_OPEN_CALLS) return false;
    this.#calls.set(requestId, settle);
    return true;
  }

  /** Nobody waits for it any more. */
  forgetAnswer(requestId: string): void {
    this.#calls.delete(requestId);
  }

  /** Hands an answer to who waits for it. One that comes twice, or too late, is dropped. */
  answer(requestId: string, outcome: MethodOutcome): void {
    const settle = this.#calls.get(requestId);
    this.#calls.delete(requestId);
    settle?.(outcome);
  }

  /** The connection is gone, and with it the answers. */
  lost(): void {
    this.#expiry?.cancel();
    this.#settleRestored();
    const waiting = [...this.#calls.values()];
    this.#calls.clear();
    for (const settle of waiting) settle({ kind: 'disconnected' });
  }
}
