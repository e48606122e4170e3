import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { openTunnel } from '../../../src/core/proxy-tunnel.js';

let server: Server | undefined;

afterEach(async () => {
  server?.close();
  if (server?.listening) await once(server, 'close');
});

/** A proxy that answers its first bytes with `answer`; returns what it was sent. */
async function proxyThat(
  answer: string,
  made: Server = createServer(),
): Promise<{ port: number; sent: Promise<string> }> {
  server = made;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sent = once(server, 'connection').then(async ([socket]) => {
    const [data] = (await once(socket as Socket, 'data')) as [Buffer];
    (socket as Socket).on('error', () => undefined).end(answer);
    return data.toString();
  });
  return { port: (server.address() as AddressInfo).port, sent };
}

const never = new AbortController().signal;

describe('a tunnel through an HTTP proxy', () => {
  it.each([
    ['platform.example', 'platform.example:443'],
    ['10.0.0.1', '10.0.0.1:443'],
    ['2001:db8::1', '[2001:db8::1]:443'],
  ])('requests %s as %s', async (host, authority) => {
    const { port, sent } = await proxyThat('HTTP/1.1 200 OK\r\n\r\n');
    const socket = await openTunnel({ proxy: new URL(`http://127.0.0.1:${port}`), host, port: 443, signal: never });
    expect(await sent).toBe(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    socket.destroy();
  });

  it('sends user and password as they are once decoded', async () => {
    const { port, sent } = await proxyThat('HTTP/1.1 200 OK\r\n\r\n');
    const proxy = new URL(`http://us%40er:p%3Ass@127.0.0.1:${port}`);
    const socket = await openTunnel({ proxy, host: 'h', port: 1, signal: never });
    expect(await sent).toContain(`\r\nProxy-Authorization: Basic ${Buffer.from('us@er:p:ss').toString('base64')}\r\n`);
    socket.destroy();
  });

  it('hands on what came with the end of the header', async () => {
    const { port } = await proxyThat('HTTP/1.1 200 OK\r\nVia: x\r\n\r\nfirst bytes \u00ff');
    const proxy = new URL(`http://127.0.0.1:${port}`);
    const socket = await openTunnel({ proxy, host: 'h', port: 1, signal: never });
    const [received] = (await once(socket, 'data')) as [Buffer];
    expect(received.toString()).toBe('first bytes \u00ff');
    socket.destroy();
  });

  it.each([
    ['HTTP/1.1 502 Bad\u001B[2J Gateway\r\n\r\n', /^the proxy answered CONNECT with 502 Bad\\u001b\[2J Gateway$/],
    ['HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n', /with 302 Found$/],
    ['nonsense\r\n\r\n', /something other than HTTP/],
    ['', /closed the connection before it answered CONNECT/],
    ['HTTP/1.1 200 OK\r\n', /closed the connection before it answered CONNECT/],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, /more than 16384 bytes/],
  ])('refuses the answer %j', async (answer, message) => {
    const { port } = await proxyThat(answer);
    const proxy = new URL(`http://127.0.0.1:${port}`);
    await expect(openTunnel({ proxy, host: 'h', port: 1, signal: never })).rejects.toThrow(message);
  });

  it('reports a proxy that is not there, and a certificate that is not trusted', async () => {
    const { port } = await proxyThat('', createTlsServer());
    const secure = new URL(`https://127.0.0.1:${port}`);
    await expect(openTunnel({ proxy: secure, host: 'h', port: 1, signal: never })).rejects.toThrow(/\S/);
    server?.close();
    await once(server as Server, 'close');
    const absent = new URL(`http://127.0.0.1:${port}`);
    await expect(openTunnel({ proxy: absent, host: 'h', port: 1, signal: never })).rejects.toThrow('ECONNREFUSED');
  });

  it('destroys its socket when the signal aborts, before and after the answer', async () => {
    const controller = new AbortController();
    const { port } = await proxyThat('');
    const proxy = new URL(`http://127.0.0.1:${port}`);
    const waiting = openTunnel({ proxy, host: 'h', port: 1, signal: AbortSignal.abort() });
    await expect(waiting).rejects.toThrow('abort');
    server?.close();
    const open = await proxyThat('HTTP/1.1 200 OK\r\n\r\n');
    const socket = await openTunnel({
      proxy: new URL(`http://127.0.0.1:${open.port}`),
      host: 'h',
      port: 1,
      signal: controller.signal,
    });
    controller.abort();
    expect(socket.destroyed).toBe(true);
  });
});
