import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Change,
  ChangeFeed,
  DRAW_INTERVAL_MS,
  type FeedState,
  POLL_INTERVAL_MS,
  SILENCE_MS,
} from '../../../../../src/console/page/live/change-feed.js';
import { SseParser } from '../../../../../src/console/page/live/sse-parser.js';
import { ManualClock } from '../../../../support/manual-clock.js';

/** What the page is to a feed, and what the agent: each attempt to open the stream is answered by the test. */
class Peers {
  readonly clock = new ManualClock();
  readonly states: FeedState[] = [];
  readonly batches: (readonly Change[])[] = [];
  readonly asked: (string | undefined)[] = [];
  isResponding = true;
  readonly end = new AbortController();
  #answers: ((response: Response | null) => void)[] = [];
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly feed = new ChangeFeed({
    open: (lastEventId) => {
      this.asked.push(lastEventId);
      return new Promise((resolve, reject) => {
        this.#answers.push((response) => (response ? resolve(response) : reject(new TypeError('refused'))));
      });
    },
    isResponding: async () => this.isResponding,
    nowMs: () => this.clock.nowMs(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const timer = this.clock.schedule(ms, resolve);
        signal.addEventListener('abort', () => (timer.cancel(), resolve()));
      }),
    onState: (state) => this.states.push(state),
    onChanges: (changes) => this.batches.push(changes),
  });

  constructor() {
    void this.feed.run(this.end.signal);
  }

  get state(): FeedState['kind'] | undefined {
    return this.states.at(-1)?.kind;
  }

  async answer(response: Response | null): Promise<void> {
    this.#answers.shift()?.(response);
    await settled();
  }

  async accept(): Promise<void> {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#stream = controller) });
    await this.answer(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
  }

  async send(text: string): Promise<void> {
    this.#stream?.enqueue(new TextEncoder().encode(text));
    await settled();
  }

  async breakStream(): Promise<void> {
    this.#stream?.error(new TypeError('connection lost'));
    await settled();
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settled();
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 6; turn++) await nextTurn();
};

const job = (id: string, jobId: string): string =>
  `id: ${id}\nevent: job\ndata: ${JSON.stringify({ hub: 'h', jobId, job: {} })}\n\n`;
const names = (batch: readonly Change[] | undefined): string[] | undefined => batch?.map(({ name }) => name);

describe('a feed of changes', () => {
  it('draws at most four batches a second, with each thing once and in its last state', async () => {
    const peers = new Peers();
    await peers.accept();
    await peers.send(job('1', 'a'));
    for (let number = 2; number < 1000; number++) await peers.send(job(String(number), number % 2 ? 'a' : 'b'));
    expect(peers.batches).toHaveLength(1);
    await peers.pass(DRAW_INTERVAL_MS);
    expect(peers.batches.map((batch) => batch.length)).toEqual([1, 2]);
    expect(peers.state).toBe('live');
    peers.end.abort();
  });

  it('resumes after the last event, and says since when the agent is away', async () => {
    const peers = new Peers();
    await peers.accept();
    await peers.send(job('41', 'a'));
    const heardMs = peers.clock.nowMs();
    await peers.pass(5000);
    await peers.breakStream();
    expect(peers.state).toBe('live');
    await peers.pass(500);
    await peers.answer(null);
    expect(peers.states.at(-1)).toEqual({ kind: 'away', sinceMs: heardMs });
    await peers.pass(5000);
    await peers.accept();
    expect(peers.state).toBe('live');
    expect(peers.asked).toEqual([undefined, '41', '41']);
    expect(names(peers.batches.at(-1))).toEqual(['reset']);
    peers.end.abort();
  });

  it('polls while the stream is refused', async () => {
    const peers = new Peers();
    await peers.answer(new Response('too many streams', { status: 503 }));
    expect([peers.state, names(peers.batches.at(-1))]).toEqual(['polling', ['reset']]);
    await peers.pass(POLL_INTERVAL_MS);
    await peers.answer(new Response('too many streams', { status: 503 }));
    expect(peers.batches).toHaveLength(2);
    peers.end.abort();
  });

  it('waits for the key when the agent asks for it', async () => {
    const peers = new Peers();
    await peers.answer(new Response('{}', { status: 401 }));
    expect(peers.state).toBe('locked');
    await peers.pass(3_600_000);
    expect(peers.asked).toHaveLength(1);
    peers.feed.retryNow();
    await settled();
    await peers.accept();
    expect([peers.state, names(peers.batches.at(-1))]).toEqual(['live', ['reset']]);
    peers.end.abort();
  });

  it('notices a connection that died without a word', async () => {
    const peers = new Peers();
    peers.isResponding = false;
    await peers.accept();
    await peers.send(': still here\n\n');
    await peers.pass(SILENCE_MS);
    await peers.pass(500);
    await peers.answer(null);
    expect(peers.state).toBe('away');
    peers.end.abort();
  });

  it('polls when the stream is held up although the agent responds', async () => {
    const peers = new Peers();
    await peers.pass(SILENCE_MS);
    expect(peers.state).toBe('polling');
    peers.end.abort();
  });
});

describe('the parser of an event stream', () => {
  const TEXT = ': comment\r\n\r\nid: 7\r\nevent: job\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: x\n\nretry: 5\n\n';

  it('finds the same events wherever the stream is cut', () => {
    for (let cut = 0; cut <= TEXT.length; cut++) {
      const parser = new SseParser();
      const events = [...parser.push(TEXT.slice(0, cut)), ...parser.push(TEXT.slice(cut))];
      expect(events).toEqual([
        { name: 'job', data: '{"a":\n1}', id: '7' },
        { name: 'message', data: 'x' },
      ]);
    }
  });

  it('refuses an event without end', () => {
    const parser = new SseParser();
    expect(() => parser.push('x'.repeat(5 * 1024 * 1024))).toThrow(RangeError);
  });
});
