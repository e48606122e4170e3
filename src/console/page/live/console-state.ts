import { signal } from '@preact/signals-core';
import type { Session } from '../../api/types.js';
import { ApiClient } from '../client/api-client.js';
import { type ApiFailure, asFailure } from '../client/api-failure.js';
import { type Change, ChangeFeed, type FeedState } from './change-feed.js';
import { sleep } from './sleep.js';

/** What an action came to; shown until it is dismissed, or for a while if it went well. */
export interface Notice {
  readonly kind: 'done' | 'failed';
  readonly text: string;
  readonly failure?: ApiFailure;
  /** Where its result can be seen. */
  readonly link?: { readonly href: string; readonly text: string };
}

export type ChangeListener = (changes: readonly Change[]) => void;

const CLOCK_TICK_MS = 5000;
const NOTICE_MS = 10_000;

/** What all pages share: who is signed in, whether the agent is there, what changes, and what the last action came to. */
export class ConsoleState {
  /** `null` until the agent has said so. */
  readonly session = signal<Session | null>(null);
  readonly feed = signal<FeedState>({ kind: 'connecting' });
  readonly notice = signal<Notice | null>(null);
  /** The time for relative times; one timer for all of them. */
  readonly nowMs = signal(Date.now());
  readonly api: ApiClient;
  readonly #listeners = new Set<ChangeListener>();
  readonly #feed: ChangeFeed;

  constructor(fetch: typeof globalThis.fetch) {
    this.api = new ApiClient({ fetch, onFailure: (failure) => this.#onFailure(failure) });
    this.#feed = new ChangeFeed({
      open: (lastEventId, signal) => this.api.stream(lastEventId, signal),
      isResponding: async (signal) => {
        await this.api.get('session', {}, signal);
        return true;
      },
      nowMs: () => Date.now(),
      sleep,
      onState: (state) => this.#onFeedState(state),
      onChanges: (changes) => this.#onChanges(changes),
    });
  }

  /** Reads the session, signs in if a key is given, and follows the changes until the signal is aborted. */
  async run(key: string | null, signal: AbortSignal): Promise<void> {
    void this.#tick(signal);
    await (key === null ? this.readSession() : this.signIn(key)).catch(() => this.readSession());
    await this.#feed.run(signal);
  }

  /** @throws ApiFailure `Unauthorized` for a wrong key, `TooManyRequests` after too many of them. */
  async signIn(key: string): Promise<void> {
    this.session.value = await this.api.post<Session>('session', JSON.stringify({ key }));
    this.#feed.retryNow();
    this.#onChanges([{ name: 'reset', data: {} }]);
  }

  async signOut(): Promise<void> {
    await this.api.delete('session');
    // What was shown is not for whoever comes next.
    location.assign('/');
  }

  async readSession(): Promise<void> {
    try {
      this.session.value = await this.api.get<Session>('session');
    } catch {
      // The feed notices, and the session is read when it is back.
    }
  }

  retryNow(): void {
    this.#feed.retryNow();
  }

  /** @returns a function that ends the subscription. */
  onChanges(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs an action and shows what came of it. @returns whether it went well. */
  async act(action: () => Promise<Notice>): Promise<boolean> {
    try {
      this.#show(await action());
      return true;
    } catch (error) {
      const failure = asFailure(error);
      this.#show({ kind: 'failed', text: failure.message, failure });
      return false;
    }
  }

  /** A failure stays until it is dismissed. */
  #show(notice: Notice): void {
    this.notice.value = notice;
    if (notice.kind === 'failed') return;
    void sleep(NOTICE_MS, new AbortController().signal).then(() => {
      if (this.notice.value === notice) this.notice.value = null;
    });
  }

  #onFailure({ status }: ApiFailure): void {
    if (status === 401 && this.session.value?.signedIn)
      this.session.value = { ...this.session.value, signedIn: false, mayAct: false };
  }

  #onFeedState(state: FeedState): void {
    const previous = this.feed.value.kind;
    this.feed.value = state;
    // A restarted agent has forgotten the sessions.
    if (state.kind === 'locked' || (state.kind === 'live' && previous !== 'connecting')) void this.readSession();
  }

  #onChanges(changes: readonly Change[]): void {
    this.nowMs.value = Date.now();
    for (const listener of this.#listeners) listener(changes);
  }

  async #tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(CLOCK_TICK_MS, signal);
      this.nowMs.value = Date.now();
    }
  }
}
