import { AgentError, isAgentError } from '../../core/errors.js';
import type { Clock } from '../../core/clock.js';
import type { Session as SessionAnswer } from '../api/types.js';
import type { RequestBindings } from '../request.js';
import { KeyCheck } from './key-check.js';
import { type Session, SESSION_SECONDS, Sessions } from './sessions.js';

/**
 * What a request does. `open`: nothing that needs a key. `read`: reads, or checks something without changing it. `act`:
 * changes something.
 */
export type Access = 'open' | 'read' | 'act';

/** Who sends a request. `guest`: neither a session nor the key. */
export type Visitor =
  | { readonly kind: 'guest' }
  | { readonly kind: 'bearer' }
  | { readonly kind: 'session'; readonly session: Session; readonly token: string };

export interface AccessOptions {
  /** `console.key`, or what returns it where it can change; without it everyone may read and nobody may act. */
  readonly key?: string | (() => string | undefined) | undefined;
  /** Whether browsers reach the console by https. */
  readonly isSecure: boolean;
  readonly clock: Clock;
}

const BEARER = /^bearer +(\S+)$/i;

/** Decides who may do what, by cookie, key and Origin. */
export class AccessControl {
  readonly #key: () => string | undefined;
  readonly #clock: Clock;
  #known: { readonly key: string | undefined; readonly check: KeyCheck | undefined } | undefined;
  readonly #sessions: Sessions;
  readonly #isSecure: boolean;

  constructor({ key, clock, isSecure }: AccessOptions) {
    this.#isSecure = isSecure;
    this.#key = typeof key === 'function' ? key : () => key;
    this.#clock = clock;
    this.#sessions = new Sessions(clock);
  }

  /** The check of the present key. A new key ends the sessions that began with another one. */
  get #keyCheck(): KeyCheck | undefined {
    const key = this.#key();
    if (this.#known && this.#known.key === key) return this.#known.check;
    this.#sessions.endAll();
    this.#known = { key, check: key === undefined ? undefined : new KeyCheck(key, this.#clock) };
    return this.#known.check;
  }

  /**
   * Lets a request in and returns who sends it.
   * @throws AgentError `Unauthorized`, `TooManyRequests` or `Forbidden`.
   */
  admit(access: Access, bindings: RequestBindings): Visitor {
    try {
      const visitor = this.#visitor(bindings);
      this.#authorize(access, visitor, bindings);
      return visitor;
    } catch (error) {
      if (access === 'open' && isAgentError(error)) return { kind: 'guest' };
      throw error;
    }
  }

  #visitor({ incoming }: RequestBindings): Visitor {
    const keyCheck = this.#keyCheck;
    const bearer = BEARER.exec(incoming.headers.authorization ?? '')?.[1];
    if (bearer !== undefined && keyCheck) {
      keyCheck.check(bearer, addressOf(incoming));
      return { kind: 'bearer' };
    }
    const token = cookieOf(incoming);
    const session = token === undefined ? undefined : this.#sessions.use(token);
    return token !== undefined && session ? { kind: 'session', session, token } : { kind: 'guest' };
  }

  #authorize(access: Access, visitor: Visitor, bindings: RequestBindings): void {
    if (access === 'open' || visitor.kind === 'bearer') return;
    const { origin } = bindings.incoming.headers;
    const isOwn = origin !== undefined && bindings.isOwnOrigin(origin);
    if (origin !== undefined && !isOwn) throw foreignOrigin();
    if (access === 'read') {
      if (visitor.kind === 'guest' && this.#keyCheck) throw signInFirst();
      return;
    }
    if (!this.#keyCheck) throw readOnly();
    if (visitor.kind === 'guest')
      throw new AgentError('Forbidden', 'Only those who have signed in may change something; sign in first.');
    if (!isOwn) throw foreignOrigin();
  }

  describe(visitor: Visitor): SessionAnswer {
    const signedIn = visitor.kind !== 'guest';
    return { signedIn, mayAct: signedIn, keyConfigured: this.#keyCheck !== undefined };
  }

  /**
   * Signs in with a key; returns the cookie to set.
   * @throws AgentError `Forbidden` without a configured key or the server's own Origin, `Unauthorized`, `TooManyRequests`.
   */
  signIn(key: string, bindings: RequestBindings): string {
    const { origin } = bindings.incoming.headers;
    if (!this.#keyCheck) throw readOnly();
    if (origin === undefined || !bindings.isOwnOrigin(origin)) throw foreignOrigin();
    this.#keyCheck.check(key, addressOf(bindings.incoming));
    return this.#cookie(bindings, this.#sessions.begin(), SESSION_SECONDS);
  }

  /** Ends the session; returns the cookie that removes that of the browser. */
  signOut(visitor: Visitor, bindings: RequestBindings): string {
    if (visitor.kind === 'session') this.#sessions.end(visitor.token);
    return this.#cookie(bindings, '', 0);
  }

  /** The cookie to send again, now and then while a session is used. */
  renewal(visitor: Visitor, bindings: RequestBindings): string | undefined {
    if (visitor.kind !== 'session' || !visitor.session.isDueForRenewal()) return undefined;
    return this.#cookie(bindings, visitor.token, SESSION_SECONDS);
  }

  #cookie({ incoming }: RequestBindings, token: string, maxAgeSeconds: number): string {
    const value = `${cookieName(incoming)}=${token}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict`;
    return this.#isSecure ? `${value}; Secure` : value;
  }
}

type Incoming = RequestBindings['incoming'];

/** The address of the connection: headers that name another one can be made up. */
const addressOf = ({ socket }: Incoming): string => socket.remoteAddress ?? '';

/** Cookies are shared between the ports of a host, and several agents may run on one. */
const cookieName = ({ socket }: Incoming): string => `twx-iothub-${socket.localPort ?? 0}`;

function cookieOf(incoming: Incoming): string | undefined {
  const prefix = `${cookieName(incoming)}=`;
  const pairs = (incoming.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(prefix))?.slice(prefix.length);
}

const signInFirst = (): AgentError =>
  new AgentError('Unauthorized', 'Sign in with the key of the console, or send it as `Authorization: Bearer <key>`.');

const readOnly = (): AgentError =>
  new AgentError('Forbidden', 'The console is read only, because the agent has no `console.key`.');

const foreignOrigin = (): AgentError =>
  new AgentError(
    'Forbidden',
    'The request does not come from a page of this server; behind a reverse proxy, set `console.publicUrl` to the URL of the page.',
  );
