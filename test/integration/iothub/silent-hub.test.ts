import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Service } from '../../../src/edge/definitions.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import { createJobServices } from '../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../src/jobs/environment.js';
import { type Certificates, ensureCertificates } from '../../../src/sandbox/certificates.js';
import { callService, failureOf, withDeadline } from '../../support/jobs/callers.js';
import { type FairClock, startFairClock } from '../../support/fair-clock.js';
import {
  afterRequest,
  type BadServer,
  type Behaviour,
  drip,
  flood,
  silent,
  startBadServer,
} from '../../support/silent-ends.js';

const CALLS = 60;
const TIMEOUT_MS = 700;
/** How late a response may be, by a clock that does not count the work of other processes. */
const SLACK_MS = 1500;
const CONNECTION_STRING = `HostName=hub.test;SharedAccessKeyName=p;SharedAccessKey=${Buffer.from('key').toString('base64')}`;

let certificates: Certificates;
const closing: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  certificates = await ensureCertificates(undefined, ['hub.test', 'localhost']);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(behaviour: Behaviour, isSecure: boolean): Promise<BadServer> {
  const server = await startBadServer(behaviour, isSecure ? certificates : undefined);
  closing.push(() => server.close());
  return server;
}

function servicesOver(ends: { readonly address?: string; readonly proxy?: string }): Service[] {
  const port = openHub({
    credentials: { connectionString: CONNECTION_STRING },
    ca: certificates.caPem,
    tier: 'unlimited',
    units: 1,
    ...ends,
  });
  closing.push(() => port.close());
  return withDeadline(createJobServices(jobEnvironment({ hub: port, thing: 'AzureIotHub' })), TIMEOUT_MS);
}

/** Makes sixty calls at once, which must fail in time, and returns how many connections are still open. */
async function connectionsLeft(server: BadServer, services: readonly Service[]): Promise<number> {
  const clock: FairClock = startFairClock();
  closing.push(() => clock.stop());
  const startMs = clock.monotonicMs();
  const calls = Array.from({ length: CALLS }, (_unused, index) =>
    failureOf(callService(services, 'GetJob', { jobId: `j-${index}` }, { timeoutMs: 10_000, clock })),
  );
  const codes = new Set((await Promise.all(calls)).map(({ code }) => code));
  expect(clock.monotonicMs() - startMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  expect([...codes].filter((code) => code !== 'HubTimeout' && code !== 'HubUnavailable')).toEqual([]);
  expect(server.accepted).toBeGreaterThanOrEqual(CALLS);
  await server.whenClosed();
  return server.open;
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const TLS_RECORD = Buffer.from([0x16, 0x03, 0x03, 0x40, 0x00]).toString('latin1');

describe('a hub that', () => {
  test.each<[string, Behaviour, boolean]>([
    ['accepts TCP and says nothing', silent, false],
    ['drips the beginning of TLS', drip(TLS_RECORD, 'x'), false],
    ['establishes TLS and says nothing', silent, true],
    ['drips the head of its answer', afterRequest(drip(HEAD, 'x')), true],
    ['drips headers without end', afterRequest(drip(HEAD, 'a: b\r\n')), true],
    [
      'announces a body and sends none',
      afterRequest((socket) => void socket.write(`${HEAD}Content-Length: 9\r\n\r\n`)),
      true,
    ],
    ['drips its body', afterRequest(drip(`${HEAD}Content-Length: 999999\r\n\r\n`, ' ')), true],
    ['drips chunks', afterRequest(drip(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n')), true],
    ['says 100 Continue without end', afterRequest(drip('', 'HTTP/1.1 100 Continue\r\n\r\n')), true],
    ['says 102 Processing without end', afterRequest(drip('', 'HTTP/1.1 102 Processing\r\n\r\n')), true],
  ])('%s leaves no call pending and no connection open', async (_what, behaviour, isSecure) => {
    const server = await start(behaviour, isSecure);
    expect(await connectionsLeft(server, servicesOver({ address: server.address }))).toBe(0);
  });
});

const ACCEPTED = 'HTTP/1.1 200 Connection established\r\n\r\n';

describe('a proxy that', () => {
  test.each<[string, Behaviour]>([
    ['never answers CONNECT', silent],
    ['drips the answer to CONNECT', afterRequest(drip('HTTP/1.1 200 OK\r\n', 'x'))],
    ['drips headers without end', afterRequest(drip('HTTP/1.1 200 OK\r\n', 'a: b\r\n'))],
    ['floods headers without end', afterRequest(flood('HTTP/1.1 200 OK\r\n', 'a: b\r\n'.repeat(1000)))],
    ['says 100 Continue without end', afterRequest(drip('', 'HTTP/1.1 100 Continue\r\n\r\n'))],
    ['accepts CONNECT and says nothing more', afterRequest((socket) => void socket.write(ACCEPTED))],
    ['accepts CONNECT and drips the beginning of TLS', afterRequest(drip(`${ACCEPTED}${TLS_RECORD}`, 'x'))],
    [
      'refuses CONNECT and stays',
      afterRequest((socket) => void socket.write('HTTP/1.1 407 Denied\r\nContent-Length: 9\r\n\r\n')),
    ],
    ['answers CONNECT with nonsense', afterRequest((socket) => void socket.write('SSH-2.0-OpenSSH\r\n\r\n'))],
    ['closes without an answer', afterRequest((socket) => void socket.end())],
  ])('%s leaves no call pending and no connection open', async (_what, behaviour) => {
    const server = await start(behaviour, false);
    expect(await connectionsLeft(server, servicesOver({ proxy: `http://${server.address}` }))).toBe(0);
  });
});
