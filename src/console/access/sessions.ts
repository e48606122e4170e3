import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.js';

export const SESSION_SECONDS = 12 * 60 * 60;
/** A cookie is sent again after this time of use, so that the browser keeps it as long as the server. */
const RENEW_AFTER_MS = 60_000;
/** Beyond, the session that was used longest ago ends. */
const MAX_SESSIONS = 1000;

/** Somebody who has signed in. */
export interface Session {
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
  /** Whether the cookie should be sent again; once for each time of renewal. */
  isDueForRenewal(): boolean;
}

interface OpenSession {
  readonly id: string;
  readonly end: AbortController;
  usedAtMs: number;
  sentAtMs: number;
}

/** The sessions of this process: a restart ends them all. Tokens are kept as digests only. */
export class Sessions {
  readonly #clock: Clock;
  /** In the order of their last use. */
  readonly #open = new Map<string, OpenSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a session; returns its token, for the cookie. */
  begin(): string {
    const token = randomBytes(32).toString('base64url');
    const nowMs = this.#clock.monotonicMs();
    const id = digestOf(token);
    this.#open.set(id, { id, end: new AbortController(), usedAtMs: nowMs, sentAtMs: nowMs });
    const [oldest] = this.#open.values();
    if (this.#open.size > MAX_SESSIONS && oldest) this.#end(oldest);
    return token;
  }

  /** The session of a token, which counts as used; undefined if there is none. */
  use(token: string): Session | undefined {
    const nowMs = this.#clock.monotonicMs();
    const session = this.#open.get(digestOf(token));
    if (!session) return undefined;
    if (nowMs - session.usedAtMs >= SESSION_SECONDS * 1000) {
      this.#end(session);
      return undefined;
    }
    session.usedAtMs = nowMs;
    this.#open.delete(session.id);
    this.#open.set(session.id, session);
    return {
      signal: session.end.signal,
      isDueForRenewal: () => {
        if (nowMs - session.sentAtMs < RENEW_AFTER_MS) return false;
        session.sentAtMs = nowMs;
        return true;
      },
    };
  }

  /** Ends the session of a token. */
  end(token: string): void {
    const session = this.#open.get(digestOf(token));
    if (session) this.#end(session);
  }

  endAll(): void {
    for (const session of this.#open.values()) this.#end(session);
  }

  #end(session: OpenSession): void {
    this.#open.delete(session.id);
    session.end.abort(new Error('the session has ended'));
  }
}

const digestOf = (token: string): string => createHash('sha256').update(token, 'utf8').digest('base64url');
