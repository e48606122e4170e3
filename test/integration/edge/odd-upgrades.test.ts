import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { EdgeClient, type EdgeClientOptions } from '../../../src/edge/edge-client.js';
import { PlatformEnd, policy } from '../../support/edge/platform-end.js';
import { type Behaviour, type SilentEnd, startSilentEnd } from '../../support/edge/silent-ends.js';
import { recordingLog } from '../../support/recording-log.js';
import { echoThing } from '../../support/edge/things.js';

const APP_KEY = 'key-for-the-platform-alone';

let end: SilentEnd | undefined;
let client: EdgeClient | undefined;
const log = recordingLog();

afterEach(async () => {
  await client?.close();
  await end?.close();
  log.lines.splice(0);
});

async function clientOf(behave: Behaviour, options: Partial<EdgeClientOptions> = {}): Promise<EdgeClient> {
  end = await startSilentEnd(behave);
  client = new EdgeClient({
    url: `ws://127.0.0.1:${end.port}`,
    appKey: APP_KEY,
    allowInsecure: true,
    log,
    reconnect: { baseMs: 1, capMs: 2 },
    ...options,
  });
  client.addThing(echoThing());
  return client;
}

describe('an invalid response to the upgrade', () => {
  const target = (port: number): string => `Location: http://127.0.0.1:${port}/Thingworx/WS`;

  it.each<[string, (port: number) => string]>([
    ['301', (port) => `HTTP/1.1 301 Moved Permanently\r\n${target(port)}\r\nContent-Length: 0\r\n\r\n`],
    ['302', (port) => `HTTP/1.1 302 Found\r\n${target(port)}\r\nContent-Length: 0\r\n\r\n`],
    ['307', (port) => `HTTP/1.1 307 Temporary Redirect\r\n${target(port)}\r\nContent-Length: 0\r\n\r\n`],
    ['401', () => 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n'],
    ['503', () => 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 99999999\r\nContent-Length: 0\r\n\r\n'],
    ['200', () => 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    [
      '101 with another key',
      () => 'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
    ],
    ['nonsense', () => 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['a header of 1 MB', () => `HTTP/1.1 101 X\r\nX: ${'x'.repeat(1_000_000)}`],
  ])('(%s) is retried, not followed, and receives no key', async (_what, answer) => {
    let sent = '';
    const other = await startSilentEnd(() => undefined);
    const made = await clientOf((socket) => {
      socket.on('data', (data: Buffer) => (sent += data.toString('latin1')));
      socket.once('data', () => socket.write(answer(other.port)));
    });
    void made.start();
    await end?.connections(3);
    expect(sent).not.toContain(APP_KEY);
    expect(other.open.size).toBe(0);
    expect(log.lines.filter(({ message }) => message.includes('lost')).length).toBeGreaterThanOrEqual(2);
    await other.close();
  });
});

/** Completes upgrades with these header lines added, and answers AUTH and BIND. */
function platformWith(headers: readonly string[], onBound: (socket: Socket) => void = () => undefined): Behaviour {
  const server = createServer();
  const made = policy({ appKey: APP_KEY });
  const wss = new WebSocketServer({ server, perMessageDeflate: true });
  wss.on('headers', (lines) => lines.push(...headers));
  wss.on('connection', (webSocket, { socket }) => {
    const platform = new PlatformEnd(made, (frame) => webSocket.send(frame, { compress: false }));
    webSocket
      .on('error', () => undefined)
      .on('message', (data) => {
        platform.onFrame(data as Buffer);
        if (platform.bound.size > 0) onBound(socket);
      });
  });
  return (socket) => void server.emit('connection', socket);
}

describe('a platform', () => {
  it.each(['1', '0', '-1', '1e12', 'x', '', '99999999999999999999', '8192, 1'])(
    'that announces Max-Frame-Size "%s" is bound all the same',
    async (size) => {
      const made = await clientOf(platformWith([`Max-Frame-Size: ${size}`]));
      await made.start();
      expect(made.status).toMatchObject({ type: 'bound', names: ['Thing1'] });
    },
  );

  it('that sends a compressed message of 400 MB loses its connection, and uses up no memory', async () => {
    const bomb = deflateRawSync(Buffer.alloc(400 * 1_048_576)).subarray(0, -4);
    let isSent = false;
    const made = await clientOf(
      platformWith([], (socket) => {
        if (isSent) return;
        isSent = true;
        const head = Buffer.from([0xc2, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
        head.writeBigUInt64BE(BigInt(bomb.length), 2);
        socket.write(Buffer.concat([head, bomb]));
      }),
      { compression: true },
    );
    const lost = new Promise<string>((resolve) => {
      made.on('status', (status) => {
        if (status.type === 'lost') resolve(status.cause);
      });
    });
    const beforeBytes = process.memoryUsage.rss();
    void made.start();
    expect(await lost).toMatch(/size|payload/i);
    expect(process.memoryUsage.rss() - beforeBytes).toBeLessThan(100 * 1_048_576);
  });

  it('that sends 200,000 pings and reads nothing uses up no memory', async () => {
    const ping = Buffer.alloc(2 * 200_000, Buffer.from([0x89, 0]));
    let isSent = false;
    const made = await clientOf(
      platformWith([], (socket) => {
        if (isSent) return;
        isSent = true;
        socket.pause();
        socket.write(ping);
      }),
      { pongTimeoutMs: 1_000, pingIntervalMs: 100 },
    );
    const beforeBytes = process.memoryUsage.rss();
    void made.start();
    await end?.connections(2);
    expect(process.memoryUsage.rss() - beforeBytes).toBeLessThan(100 * 1_048_576);
    await made.close();
    expect(made.status.type).toBe('closed');
  });
});
