import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import { AgentError } from '../../core/errors.js';

const MAX_WRONG_KEYS = 5;
const WINDOW_MS = 60_000;
const BLOCKED_MS = 60_000;
/** Addresses whose wrong keys are remembered; beyond, the one that was added first is forgotten. */
const MAX_ADDRESSES = 10_000;

interface Attempts {
  /** When the wrong keys of the last minute came, on the monotonic clock. */
  readonly wrongAtMs: readonly number[];
  readonly blockedUntilMs: number;
}

/** Compares keys with the configured one, a few times a minute for each address. */
export class KeyCheck {
  readonly #digest: Buffer;
  readonly #clock: Clock;
  readonly #attempts = new Map<string, Attempts>();

  constructor(key: string, clock: Clock) {
    this.#digest = digestOf(key);
    this.#clock = clock;
  }

  /**
   * Accepts the right key.
   * @param address of the client: that of the connection, which a client cannot choose.
   * @throws AgentError `Unauthorized` for a wrong key; `TooManyRequests` for any key after too many wrong ones.
   */
  check(key: string, address: string): void {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#attempts.get(address);
    if (before && before.blockedUntilMs > nowMs) throw blocked(before.blockedUntilMs - nowMs);
    // Digests have one length, so the comparison takes the same time for every key.
    if (timingSafeEqual(digestOf(key), this.#digest)) return;
    const wrongAtMs = [...(before?.wrongAtMs ?? []).filter((atMs) => nowMs - atMs < WINDOW_MS), nowMs];
    const isBlocked = wrongAtMs.length >= MAX_WRONG_KEYS;
    this.#remember(
      address,
      isBlocked ? { wrongAtMs: [], blockedUntilMs: nowMs + BLOCKED_MS } : { wrongAtMs, blockedUntilMs: 0 },
    );
    throw new AgentError('Unauthorized', 'The key is not that of this console; it is `console.key` of the agent.');
  }

  #remember(address: string, attempts: Attempts): void {
    this.#attempts.delete(address);
    this.#attempts.set(address, attempts);
    if (this.#attempts.size > MAX_ADDRESSES) this.#attempts.delete(this.#attempts.keys().next().value as string);
  }
}

const digestOf = (key: string): Buffer => createHash('sha256').update(key, 'utf8').digest();

function blocked(leftMs: number): AgentError {
  const waitSeconds = Math.ceil(leftMs / 1000);
  return new AgentError(
    'TooManyRequests',
    `Too many wrong keys came from this address; try again in ${waitSeconds} s.`,
    { context: { waitSeconds } },
  );
}
