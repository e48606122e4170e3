import { afterEach, describe, expect, it } from '@jest/globals';
import type { ConnectionStatus } from '../../../src/alwayson/session-types.js';
import { EdgeClient, type EdgeClientOptions } from '../../../src/edge/edge-client.js';
import { recordingLog } from '../../support/recording-log.js';
import * as end from '../../support/edge/silent-ends.js';
import { echoThing } from '../../support/edge/things.js';

const LIMIT_MS = 250;
const PROXIED: Via = 'proxy';
type Via = 'direct' | 'tls' | 'proxy' | 'tls through a proxy';

/** Every point of a connection at which the other end can fall silent, and the reason that is reported. */
const POINTS: readonly (readonly [point: string, via: Via, behave: () => end.Behaviour, cause: RegExp])[] = [
  ['accepts TCP and nothing more', 'direct', () => end.saysNothing, /no answer to the upgrade/],
  ['does not answer the ClientHello', 'tls', () => end.saysNothing, /no answer to the upgrade/],
  ['drips its ServerHello', 'tls', () => end.dripsTls, /no answer to the upgrade/],
  ['drips its answer to the upgrade', 'direct', () => end.dripsUpgrade, /no answer to the upgrade/],
  ['sends half an answer to the upgrade', 'direct', () => end.sends('HTTP/1.1 101 Sw'), /no answer to the upgrade/],
  [
    'says 100 Continue for ever',
    'direct',
    () => end.drips(() => 'HTTP/1.1 100 Continue\r\n\r\n'),
    /no answer to the upgrade/,
  ],
  ['is a proxy that does not answer CONNECT', PROXIED, () => end.saysNothing, /no answer to the upgrade/],
  [
    'is a proxy that sends half a header',
    PROXIED,
    () => end.sends('HTTP/1.1 200 OK\r\nVia: x'),
    /no answer to the upgrade/,
  ],
  ['is a proxy that drips its header', PROXIED, () => end.drips(() => 'x'), /no answer to the upgrade/],
  ['is a proxy that floods with a header', PROXIED, () => end.floods('x'.repeat(65_536)), /proxy.*16384 bytes/],
  [
    'is a proxy that says 100 Continue for ever',
    PROXIED,
    () => end.floods('HTTP/1.1 100 Continue\r\n\r\n'.repeat(3_000)),
    /proxy answered CONNECT with 100/,
  ],
  [
    'is a proxy that refuses',
    PROXIED,
    () => end.sends('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
    /407 Proxy Authentication Required/,
  ],
  ['is a proxy that is not HTTP', PROXIED, () => end.sends('SSH-2.0-x\r\n\r\n'), /something other than HTTP/],
  ['is silent behind a proxy', PROXIED, () => end.afterConnect(end.saysNothing), /no answer to the upgrade/],
  [
    'does not answer the ClientHello behind a proxy',
    'tls through a proxy',
    () => end.afterConnect(end.saysNothing),
    /no answer to the upgrade/,
  ],
  ['drips its answer behind a proxy', PROXIED, () => end.afterConnect(end.dripsUpgrade), /no answer to the upgrade/],
  ['does not answer AUTH', 'direct', () => end.speaks({ authCode: () => 0 }), /no answer to AUTH/],
  ['does not answer BIND', 'direct', () => end.speaks({ bindCode: () => 0 }), /no answer to BIND/],
  ['does not answer pings', 'direct', () => end.speaks({}, false), /no pong/],
];

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function optionsFor(via: Via, port: number): Pick<EdgeClientOptions, 'url' | 'proxy'> {
  const isProxied = via === 'proxy' || via === 'tls through a proxy';
  const scheme = via === 'tls' || via === 'tls through a proxy' ? 'wss' : 'ws';
  const url = `${scheme}://127.0.0.1:${isProxied ? 9 : port}`;
  return isProxied ? { url, proxy: `http://127.0.0.1:${port}` } : { url };
}

describe('a platform or proxy that', () => {
  it.each(POINTS)(
    '%s is given up, reported and tried again, with no socket left',
    async (_point, via, behave, cause) => {
      const silent = await end.startSilentEnd(behave());
      closers.push(() => silent.close());
      const log = recordingLog();
      const client = new EdgeClient({
        ...optionsFor(via, silent.port),
        appKey: 'the-key',
        allowInsecure: true,
        log,
        connectTimeoutMs: LIMIT_MS,
        answerTimeoutMs: LIMIT_MS,
        pongTimeoutMs: LIMIT_MS,
        reconnect: { baseMs: 1, capMs: 2 },
      });
      client.addThing(echoThing());
      const statuses: ConnectionStatus[] = [];
      client.on('status', (status) => statuses.push(status));
      void client.start();
      await silent.connections(3);
      expect(silent.open.size).toBeLessThanOrEqual(2);
      const lost = statuses.filter((status) => status.type === 'lost');
      expect(lost.length).toBeGreaterThanOrEqual(2);
      for (const status of lost) expect(status.cause).toMatch(cause);
      expect(log.lines).toContainEqual({
        level: 'warn',
        fields: { cause: expect.stringMatching(cause) },
        message: expect.stringContaining('lost'),
      });
      await client.close();
      await silent.allClosed();
      expect(silent.open.size).toBe(0);
    },
  );

  it('is silent does not keep the client from closing', async () => {
    const silent = await end.startSilentEnd(end.saysNothing);
    closers.push(() => silent.close());
    const client = new EdgeClient({ ...optionsFor('proxy', silent.port), appKey: 'the-key', allowInsecure: true });
    client.addThing(echoThing());
    void client.start();
    await silent.connections(1);
    await client.close();
    await silent.allClosed();
    expect(client.status.type).toBe('closed');
  });
});
