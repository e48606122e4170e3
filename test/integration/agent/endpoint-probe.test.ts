import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { isFault, probeEndpoint } from '../../../src/agent/check/endpoint-probe.js';
import { type Certificates, ensureCertificates } from '../../../src/sandbox/certificates.js';
import { startFairClock } from '../../support/fair-clock.js';
import {
  afterRequest,
  type BadServer,
  type Behaviour,
  drip,
  silent,
  startBadServer,
} from '../../support/silent-ends.js';

const TIMEOUT_MS = 300;
const ACCEPTED = 'HTTP/1.1 200 Connection established\r\n\r\n';

let certificates: Certificates;
const servers: BadServer[] = [];
beforeAll(async () => {
  certificates = await ensureCertificates(undefined, ['hub.test']);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

test.each<[string, Behaviour, boolean]>([
  ['an end that says nothing', silent, false],
  ['an end that says nothing after TLS', silent, false],
  ['an end that drips the head of its answer', afterRequest(drip('HTTP/1.1 200 OK\r\n', 'x')), false],
  ['a proxy that never answers CONNECT', silent, true],
  ['a proxy that drips the answer to CONNECT', afterRequest(drip('HTTP/1.1 200 OK\r\n', 'x')), true],
  ['a proxy that says nothing after CONNECT', afterRequest((socket) => void socket.write(ACCEPTED)), true],
])('%s is reported in time and leaves no connection open', async (what, behaviour, isProxy) => {
  const isTls = what.includes('TLS') || what.includes('head');
  const server = await startBadServer(behaviour, isTls ? certificates : undefined);
  servers.push(server);
  const clock = startFairClock();
  const startMs = clock.monotonicMs();
  const result = await probeEndpoint(
    {
      host: '127.0.0.1',
      port: server.port,
      isSecure: true,
      serverName: 'hub.test',
      path: '/',
      ca: certificates.caPem,
      ...(isProxy ? { proxy: `http://${server.address}` } : {}),
    },
    TIMEOUT_MS,
  );
  expect(isFault(result)).toBe(true);
  expect(clock.monotonicMs() - startMs).toBeLessThan(TIMEOUT_MS + 1500);
  clock.stop();
  await server.whenClosed();
  expect(server.open).toBe(0);
});

test('an end without TLS is reported as such, with what to check', async () => {
  const server = await startBadServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  servers.push(server);
  const result = await probeEndpoint({
    host: '127.0.0.1',
    port: server.port,
    isSecure: true,
    serverName: 'hub.test',
    path: '/',
  });
  expect(result).toEqual({
    message: expect.stringMatching(
      /^127\.0\.0\.1:\d+ does not respond with TLS \((?:wrong version number|packet length too long)\)$/,
    ),
    remedy: expect.stringContaining('usually 443'),
  });
});

test('an end where nothing listens is reported without the code of the system', async () => {
  const server = await startBadServer(silent);
  await server.close();
  const result = await probeEndpoint({
    host: '127.0.0.1',
    port: server.port,
    isSecure: true,
    serverName: 'hub.test',
    path: '/',
  });
  expect(result).toMatchObject({
    message: `127.0.0.1:${server.port} cannot be reached: nothing listens there, or the connection was refused`,
  });
});
