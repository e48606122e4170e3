import type { Changes } from '../../api/types.js';
import { type ServerEvent, SseParser } from './sse-parser.js';

/** One change as the stream names it. */
export type Change = { [Name in keyof Changes]: { readonly name: Name; readonly data: Changes[Name] } }[keyof Changes];

/**
 * How the page learns of changes. `away`: the agent does not respond; what is shown is as old as `sinceMs`. `locked`: it
 * asks for the key.
 */
export type FeedState =
  { readonly kind: 'connecting' | 'live' | 'polling' | 'locked' } | { readonly kind: 'away'; readonly sinceMs: number };

export interface FeedTimers {
  readonly nowMs: () => number;
  /** Resolves after a time, or as soon as the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface ChangeFeedOptions extends FeedTimers {
  /** Opens the stream; rejects if there is no response. */
  readonly open: (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;
  /** Whether the agent responds to another request: then a silent stream is held up by what is between. */
  readonly isResponding: (signal: AbortSignal) => Promise<boolean>;
  readonly onState: (state: FeedState) => void;
  /** Receives changes in their order, at most four times a second. A job or roll-out is in a batch once. */
  readonly onChanges: (changes: readonly Change[]) => void;
}

/** At most four batches a second are drawn, however many changes arrive. */
export const DRAW_INTERVAL_MS = 250;
/** The agent sends a comment every 15 s; two of them missing mean that it is away. */
export const SILENCE_MS = 35_000;
export const POLL_INTERVAL_MS = 5000;
const PROBE_MS = 5000;
const MAX_RETRY_MS = 5000;
const RESET: Change = { name: 'reset', data: {} };

class SilentStream extends Error {}

/** Follows the stream of changes: resumes it, falls back to polling, and notices when the agent is away and back. */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  #lastEventId: string | undefined;
  #lastHeardMs: number;
  #failures = 0;
  /** Whether changes may have been missed, so that everything has to be read again. */
  #isBehind = false;
  readonly #pending = new Map<string, Change>();
  #isDrawing = false;
  #unlocked = new AbortController();

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#lastHeardMs = options.nowMs();
  }

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    this.#options.onState({ kind: 'connecting' });
    while (!signal.aborted) await this.#follow(signal);
  }

  /** Ends the wait of a feed that is `locked` or `away`: somebody signed in, or asks for another try at once. */
  retryNow(): void {
    this.#unlocked.abort();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const attempt = new AbortController();
    const end = (): void => attempt.abort();
    signal.addEventListener('abort', end);
    try {
      const opened = this.#options.open(this.#lastEventId, attempt.signal);
      await this.#receive(await this.#orSilence(opened), signal);
    } catch (error) {
      attempt.abort();
      const isHeldUp = error instanceof SilentStream && (await this.#isResponding(signal));
      await (isHeldUp ? this.#poll(signal) : this.#whileAway(signal));
    } finally {
      signal.removeEventListener('abort', end);
      attempt.abort();
    }
  }

  async #receive(response: Response, signal: AbortSignal): Promise<void> {
    this.#hear();
    if (response.status === 401) return this.#whileLocked(signal);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    if (!response.ok || !response.body || !isStream) return this.#poll(signal);
    this.#options.onState({ kind: 'live' });
    if (this.#isBehind) this.#push(RESET);
    this.#isBehind = false;
    await this.#read(response.body.getReader());
    // The stream ended in order: the agent stops, or a proxy limits how long a response may take.
    throw new TypeError('the stream ended');
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const parser = new SseParser();
    const decoder = new TextDecoder();
    for (;;) {
      const chunk = await this.#orSilence(reader.read());
      if (chunk.done) return;
      this.#hear();
      this.#failures = 0;
      for (const event of parser.push(decoder.decode(chunk.value, { stream: true }))) this.#take(event);
    }
  }

  /** Gives up when nothing is heard for too long: a broken network closes no connection. */
  async #orSilence<T>(heard: Promise<T>): Promise<T> {
    const watch = new AbortController();
    const silence = this.#options.sleep(SILENCE_MS, watch.signal).then(() => Promise.reject(new SilentStream()));
    try {
      return await Promise.race([heard, silence]);
    } finally {
      watch.abort();
    }
  }

  /** A proxy may hold back a stream while it passes on everything else. */
  async #isResponding(signal: AbortSignal): Promise<boolean> {
    const probe = this.#options.isResponding(signal).catch(() => false);
    const limit = new AbortController();
    const late = this.#options.sleep(PROBE_MS, limit.signal).then(() => false);
    try {
      return await Promise.race([probe, late]);
    } finally {
      limit.abort();
    }
  }

  #hear(): void {
    this.#lastHeardMs = this.#options.nowMs();
  }

  #take({ name, data, id }: ServerEvent): void {
    if (id !== undefined) this.#lastEventId = id;
    this.#push({ name, data: JSON.parse(data) as unknown } as Change);
  }

  /** Only the last change of each thing is drawn, so what waits is bounded by the things that there are. */
  #push(change: Change): void {
    const key = keyOf(change);
    this.#pending.delete(key);
    this.#pending.set(key, change);
    if (!this.#isDrawing) void this.#draw();
  }

  async #draw(): Promise<void> {
    this.#isDrawing = true;
    while (this.#pending.size > 0) {
      const changes = [...this.#pending.values()];
      this.#pending.clear();
      this.#options.onChanges(changes);
      await this.#options.sleep(DRAW_INTERVAL_MS, new AbortController().signal);
    }
    this.#isDrawing = false;
  }

  async #whileAway(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#isBehind = true;
    const delayMs = Math.min(MAX_RETRY_MS, 500 * 2 ** this.#failures);
    // The first attempt after a stream that worked is made at once and in silence: most ends are not those of the agent.
    if (this.#failures > 0) this.#options.onState({ kind: 'away', sinceMs: this.#lastHeardMs });
    this.#failures++;
    await this.#pause(delayMs, signal);
  }

  /** The stream is refused (too many of them, or a proxy that cannot pass one on): everything is read again instead. */
  async #poll(signal: AbortSignal): Promise<void> {
    this.#options.onState({ kind: 'polling' });
    this.#failures = 0;
    this.#push(RESET);
    await this.#pause(POLL_INTERVAL_MS, signal);
  }

  async #whileLocked(signal: AbortSignal): Promise<void> {
    this.#options.onState({ kind: 'locked' });
    this.#isBehind = true;
    await this.#pause(null, signal);
  }

  /** @param ms `null`: until `retryNow`. */
  async #pause(ms: number | null, signal: AbortSignal): Promise<void> {
    this.#unlocked = new AbortController();
    const either = AbortSignal.any([this.#unlocked.signal, signal]);
    if (ms !== null) return this.#options.sleep(ms, either);
    if (either.aborted) return;
    await new Promise<void>((resolve) => {
      either.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

function keyOf({ name, data }: Change): string {
  switch (name) {
    case 'job':
      return JSON.stringify([name, data.hub, data.jobId]);
    case 'rollout':
      return JSON.stringify([name, data.hub, data.rolloutId]);
    case 'hub':
      return JSON.stringify([name, data.hub]);
    case 'status':
    case 'reset':
      return name;
  }
}
