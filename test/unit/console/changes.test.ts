import { type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AgentChange, AgentView } from '../../../src/console/agent-view.js';
import { ChangeLog } from '../../../src/console/changes/change-log.js';
import { ConsoleServer, NO_AGENT } from '../../support/console/console-server.js';
import { eventually } from '../../support/eventually.js';

const KEY = 'key-of-the-console';

let server: ConsoleServer;
let emit: (change: AgentChange) => void;
let version = '1.2.3';
const open: IncomingMessage[] = [];
afterEach(async () => {
  for (const stream of open.splice(0)) stream.destroy();
  await server?.close();
});

async function start(key?: string): Promise<void> {
  const agent: AgentView = {
    ...NO_AGENT,
    status: () => ({ ...NO_AGENT.status(), version }),
    onChange: (listener) => {
      emit = listener;
      return () => undefined;
    },
  };
  server = await ConsoleServer.start({ key, agent });
}

interface Stream {
  readonly response: IncomingMessage;
  text: string;
  /** The id of the last event. */
  readonly lastId: string;
}

async function follow(headers: Record<string, string> = {}): Promise<Stream> {
  const sent = request(`${server.origin}/api/v1/changes`, { headers, agent: false });
  sent.on('error', () => undefined).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  open.push(response);
  const stream = {
    response,
    text: '',
    get lastId() {
      return [...stream.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
    },
  };
  response.setEncoding('utf8').on('data', (text: string) => (stream.text += text));
  response.on('error', () => undefined);
  return stream;
}

const has = (stream: Stream, text: string | RegExp): Promise<unknown> =>
  eventually(
    () => Promise.resolve(stream.text),
    (received) => (typeof text === 'string' ? received.includes(text) : text.test(received)),
  );

/** Publishes one event. */
async function change(): Promise<void> {
  emit({ kind: 'status' });
  await server.clock.advanceAsync(200);
}

describe('the log of changes', () => {
  it('resumes after any of the last 1,000 events, and after no other', () => {
    const log = new ChangeLog();
    const ids: string[] = [];
    log.follow((text) => ids.push(/^id: (.*)$/m.exec(text)?.[1] ?? ''));
    for (let count = 0; count < 1_200; count += 1) log.publish('reset', {});
    expect(log.since(ids[1_199] ?? '')).toEqual([]);
    expect(log.since(ids[1_198] ?? '')).toHaveLength(1);
    expect(log.since(ids[199] ?? '')).toHaveLength(1_000);
    for (const id of [ids[198] ?? '', '', 'x', '1199', `${ids[0]}9`, `${ids[0]?.split('-')[0]}-1201`])
      expect(log.since(id)).toBeUndefined();
    log.interrupt();
    expect(log.since(ids[1_199] ?? '')).toBeUndefined();
  });
});

describe('a stream of changes', () => {
  it('begins with the status and an id, and shows each change within a second', async () => {
    await start();
    const stream = await follow();
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    await has(stream, /^retry: 2000\n\nevent: status\nid: \w+-0\ndata: \{.*\}\n\n$/);
    for (let count = 0; count < 100; count += 1) emit({ kind: 'status' });
    await server.clock.advanceAsync(200);
    await has(stream, /id: \w+-1\n/);
    expect(stream.text.match(/^event: /gm)).toHaveLength(2);
  });

  it('is resumed by Last-Event-ID, or begins with one reset', async () => {
    await start();
    const first = await follow();
    await has(first, 'event: status');
    const id = first.lastId;
    await change();
    await change();
    const resumed = await follow({ 'last-event-id': id });
    await has(resumed, /-1\n[\s\S]*-2\n/);
    expect(resumed.text).not.toContain('reset');
    const lost = await follow({ 'last-event-id': 'f00-7' });
    await has(lost, 'event: reset\n');
    expect(lost.text.match(/^event: /gm)).toHaveLength(1);
    const again = await follow({ 'last-event-id': lost.lastId });
    await change();
    await has(again, /-3\n/);
    expect(again.text).not.toContain('reset');
  });

  it('has a comment every 15 s, and outlives the time that a request may take', async () => {
    await start();
    const stream = await follow();
    for (let count = 0; count < 8; count += 1) await server.clock.advanceAsync(15_000);
    await has(stream, ': \n\n: \n\n: \n\n');
    expect(stream.response.complete).toBe(false);
  });

  it('needs a session, and ends with it', async () => {
    await start(KEY);
    expect((await follow()).response.statusCode).toBe(401);
    expect((await follow({ cookie: 'twx-iothub-0=x' })).response.statusCode).toBe(401);
    const headers = await server.signIn(KEY);
    const stream = await follow(headers);
    const ended = once(stream.response, 'end');
    await server.send('/api/v1/session', { method: 'DELETE', headers });
    await server.clock.advanceAsync(15_000);
    await ended;
  });

  it('is one of fifty at most; the next is refused until one is closed', async () => {
    await start();
    const streams: Stream[] = [];
    for (let count = 0; count < 50; count += 1) streams.push(await follow());
    const refused = await follow();
    expect(refused.response.statusCode).toBe(429);
    expect(refused.response.headers['retry-after']).toBe('15');
    await has(refused, '"code":"TooManyRequests"');
    streams[7]?.response.destroy();
    await eventually(
      async () => (await follow()).response.statusCode,
      (status) => status === 200,
    );
    expect((await server.send('/livez')).status).toBe(200);
  });

  it('whose reader has stopped is closed instead of being kept in memory', async () => {
    await start();
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1').on('error', () => undefined);
    socket.write('GET /api/v1/changes HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await once(socket, 'data');
    socket.pause();
    const other = await follow();
    version = 'x'.repeat(200_000);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (let count = 0; count < 60; count += 1) await change();
    socket.resume();
    await closed;
    await has(other, /-60\n/);
    expect(other.response.complete).toBe(false);
  });
});
