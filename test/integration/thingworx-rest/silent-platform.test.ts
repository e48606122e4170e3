import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { isAgentError } from '../../../src/core/errors.js';
import { type Certificates, ensureCertificates } from '../../../src/sandbox/certificates.js';
import { parseThingWorxAddress, type ThingWorxAddress } from '../../../src/core/addresses.js';
import { ThingWorxClient } from '../../../src/thingworx-rest/client.js';
import { startFairClock } from '../../support/fair-clock.js';
import {
  afterRequest,
  type BadServer,
  type Behaviour,
  drip,
  silent,
  startBadServer,
} from '../../support/silent-ends.js';

const CALLS = 20;
const TIMEOUT_MS = 400;
const SLACK_MS = 1500;

let certificates: Certificates;
const servers: BadServer[] = [];

beforeAll(async () => {
  certificates = await ensureCertificates(undefined, ['localhost', '127.0.0.1']);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(behaviour: Behaviour, isSecure: boolean): Promise<BadServer> {
  const server = await startBadServer(behaviour, isSecure ? certificates : undefined);
  servers.push(server);
  return server;
}

async function connectionsLeft(server: BadServer, url: string, proxy?: string): Promise<number> {
  const client = new ThingWorxClient({
    address: parseThingWorxAddress(url) as ThingWorxAddress,
    appKey: 'key',
    ca: certificates.caPem,
    timeoutMs: TIMEOUT_MS,
    ...(proxy === undefined ? {} : { proxy }),
  });
  const clock = startFairClock();
  const startMs = clock.monotonicMs();
  const errors = await Promise.all(
    Array.from({ length: CALLS }, () =>
      client.invokeService('T', 'S', {}).then(
        () => undefined,
        (error) => error,
      ),
    ),
  );
  expect(clock.monotonicMs() - startMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  clock.stop();
  expect(errors.every((error) => isAgentError(error, 'RequestTimeout', 'Unreachable'))).toBe(true);
  await server.whenClosed();
  return server.open;
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

describe.each([false, true])('a platform (TLS: %s) that', (isSecure) => {
  test.each<[string, Behaviour]>([
    ['accepts connections and sends nothing', silent],
    ['sends the head of its response byte by byte, without end', afterRequest(drip(HEAD, 'x'))],
    ['sends its body byte by byte', afterRequest(drip(`${HEAD}Content-Length: 999999\r\n\r\n`, ' '))],
    ['sends 100 Continue without end', afterRequest(drip('', 'HTTP/1.1 100 Continue\r\n\r\n'))],
  ])('%s leaves no call pending and no connection open', async (_what, behaviour) => {
    const server = await start(behaviour, isSecure);
    expect(await connectionsLeft(server, `http${isSecure ? 's' : ''}://${server.address}`)).toBe(0);
  });
});

const ACCEPTED = 'HTTP/1.1 200 Connection established\r\n\r\n';

describe.each(['http', 'https'])('a proxy in front of an %s platform that', (scheme) => {
  test.each<[string, Behaviour]>([
    ['never responds to CONNECT', silent],
    ['sends its response to CONNECT byte by byte, without end', afterRequest(drip('HTTP/1.1 200 OK\r\n', 'x'))],
    ['accepts CONNECT and sends nothing more', afterRequest((socket) => void socket.write(ACCEPTED))],
    ['refuses CONNECT', afterRequest((socket) => void socket.write('HTTP/1.1 403 Forbidden\r\n\r\n'))],
  ])('%s leaves no call pending and no connection open', async (_what, behaviour) => {
    const server = await start(behaviour, false);
    expect(await connectionsLeft(server, `${scheme}://127.0.0.1:1`, `http://${server.address}`)).toBe(0);
  });
});
