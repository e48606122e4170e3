import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { listen } from '../../../../src/sandbox/http/listen.js';
import { BodyTooLarge, readBody, Router } from '../../../../src/sandbox/http/router.js';

const answer = (body: string) => () => ({ status: 200, body });

describe('router', () => {
  const router = new Router()
    .add('GET', '/devices/:id', answer('device'))
    .add('GET', '/devices/query', answer('query'))
    .add('PUT', '/devices/:id', answer('put'));

  it('prefers a literal segment to a named one', () => {
    const match = router.match('GET', '/devices/query');
    expect(match.kind === 'found' && match.handler({} as never)).toEqual({ status: 200, body: 'query' });
  });

  it('decodes segments after splitting the path', () => {
    const match = router.match('GET', '/devices/a%2Fb%20c');
    expect(match.kind === 'found' && match.params).toEqual({ id: 'a/b c' });
  });

  it('distinguishes an unknown path from a wrong method', () => {
    expect(router.match('GET', '/other').kind).toBe('none');
    expect(router.match('DELETE', '/devices/x')).toEqual({ kind: 'wrongMethod', allowed: ['GET', 'PUT'] });
  });

  it('names each allowed method once when several patterns match the path', () => {
    const patterns = ['/a/:b', '/:a/b', '/a/b'];
    const many = new Router();
    for (const pattern of patterns) many.add('POST', pattern, answer('many'));
    expect(many.match('GET', '/a/b')).toEqual({ kind: 'wrongMethod', allowed: ['POST'] });
  });

  it('matches nothing for an invalid percent-encoding', () => {
    expect(router.match('GET', '/devices/%E0%A4%A').kind).toBe('none');
  });
});

describe('readBody', () => {
  const request = (parts: readonly string[], headers: Record<string, string> = {}): IncomingMessage =>
    Object.assign(Readable.from(parts.map((part) => Buffer.from(part))), { headers }) as unknown as IncomingMessage;

  it('joins the chunks', async () => {
    await expect(readBody(request(['ab', 'cd']), 4)).resolves.toEqual(Buffer.from('abcd'));
  });

  it('stops at the limit, by the declared and by the actual length', async () => {
    await expect(readBody(request([], { 'content-length': '5' }), 4)).rejects.toBeInstanceOf(BodyTooLarge);
    await expect(readBody(request(['abc', 'de']), 4)).rejects.toBeInstanceOf(BodyTooLarge);
  });
});

describe('listen', () => {
  it('names the port that is in use', async () => {
    const first = createServer();
    const port = await listen(first, 0, '127.0.0.1');
    await expect(listen(createServer(), port, '127.0.0.1')).rejects.toMatchObject({
      code: 'PortInUse',
      message: expect.stringContaining(String(port)),
    });
    await new Promise((resolve) => first.close(resolve));
  });
});
