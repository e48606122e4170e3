import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { splitAddress } from '../../../support/local-hub/hub-rest.js';
import { type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';

let tested: HubUnderTest;
beforeAll(async () => {
  tested = await startHubUnderTest();
});
afterAll(() => tested.close());

async function open(): Promise<TLSSocket> {
  const [host, port] = splitAddress(tested.hub.address);
  const socket = connect({ host, port, ca: tested.hub.caPem, servername: 'hub.local' });
  await once(socket, 'secureConnect');
  return socket;
}

/** Sends the pieces and reads to the end of the connection; rejects if it is reset. */
async function exchange(pieces: readonly string[]): Promise<string> {
  const socket = await open();
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  const end = once(socket, 'end');
  for (const piece of pieces) socket.write(piece);
  await end;
  socket.end();
  await once(socket, 'close');
  return answer;
}

const HEAD = 'host: hub.local\r\nauthorization: x\r\ncontent-type: application/json\r\n';
const BODY = JSON.stringify({ deviceId: 'bad id', pad: 'x'.repeat(20_000) });

describe('a request that is not HTTP receives a response and a graceful close', () => {
  test.each([
    [
      'a space in the path',
      [`PUT /devices/bad id?api-version=2021-04-12 HTTP/1.1\r\n${HEAD}content-length: 2\r\n\r\n{}`],
    ],
    [
      'a space in the path, and a large body',
      [`PUT /devices/bad id HTTP/1.1\r\n${HEAD}content-length: ${BODY.length}\r\n\r\n`, BODY],
    ],
    ['a body without a head', [BODY]],
    ['no path', ['GET HTTP/1.1\r\n\r\n', HEAD]],
    ['an unknown method', [`BREW /devices HTTP/1.1\r\n${HEAD}\r\n`]],
    ['an unknown version', [`GET /devices HTTP/9.9\r\n${HEAD}\r\n`]],
    ['a header without a name', [`GET /devices HTTP/1.1\r\n: x\r\n\r\n`, BODY]],
    ['two lengths', [`POST /devices HTTP/1.1\r\n${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\n{}`]],
    ['a chunk without a size', [`POST /devices HTTP/1.1\r\n${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{}`]],
  ])('%s', async (_what, pieces) => {
    // Twenty times each, because the reset that must not happen depends on a race.
    for (const answer of await Promise.all(Array.from({ length: 20 }, () => exchange(pieces)))) {
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/u);
      expect(head).toContain('iothub-errorcode: GenericBadRequest');
      expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
      expect(head).toContain('connection: close');
      expect(JSON.parse(body)).toMatchObject({
        Message: expect.stringMatching(/^ErrorCode:GenericBadRequest;/u),
        ExceptionMessage: expect.stringContaining('Tracking ID:'),
      });
    }
  });

  test('a head that is too large', async () => {
    expect(await exchange([`GET /devices HTTP/1.1\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`])).toMatch(/^HTTP\/1\.1 431 /u);
  });

  test('but not a lasting connection if the client keeps sending', async () => {
    const socket = await open();
    socket.on('error', () => undefined);
    socket.resume();
    socket.write('BREW / HTTP/1.1\r\n\r\n');
    const timer = setInterval(() => socket.write(BODY), 20);
    await once(socket, 'close');
    clearInterval(timer);
    expect(socket.destroyed).toBe(true);
  });

  test('without effect on other connections', async () => {
    expect((await tested.raw('GET', '/devices')).status).toBe(200);
  });
});
