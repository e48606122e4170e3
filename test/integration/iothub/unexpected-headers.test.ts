import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Service } from '../../../src/edge/definitions.js';
import { type FairClock, startFairClock } from '../../support/fair-clock.js';
import { ScriptedHub } from '../../support/iothub/scripted-hub.js';
import { callService, failureOf } from '../../support/jobs/callers.js';
import { servicesAt } from '../../support/jobs/hub-services.js';
import { afterRequest, startBadServer } from '../../support/silent-ends.js';

const TIMEOUT_MS = 300;

let clock: FairClock;
let hub: ScriptedHub;
let services: Service[];
const closing: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  clock = startFairClock();
  closing.push(() => clock.stop());
  hub = await ScriptedHub.start();
  closing.push(() => hub.close());
  start(hub.address);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function start(address: string): void {
  const { connectionString, certificates } = hub;
  const started = servicesAt({ address, connectionString }, { ca: certificates.caPem, timeoutMs: TIMEOUT_MS });
  closing.push(() => started.port.close());
  services = started.services;
}

async function failure(): Promise<{ readonly code: string; readonly tookMs: number }> {
  const startMs = clock.monotonicMs();
  const { code } = await failureOf(callService(services, 'GetJob', { jobId: 'j' }, { timeoutMs: 5000, clock }));
  return { code, tookMs: clock.monotonicMs() - startMs };
}

describe.each([429, 500, 503])('a Retry-After beside %d', (status) => {
  test.each(['31536000', '-1', '1e99', 'NaN', '', 'Wed, 21 Oct 2099 07:28:00 GMT', 'x'.repeat(4000), '0', '0x10'])(
    'of %j neither holds the call nor repeats it without a pause',
    async (retryAfter) => {
      hub.decide = () => ({ kind: 'status', status, body: '', headers: { 'retry-after': retryAfter } });
      const { code, tookMs } = await failure();
      expect(code).toBe(status === 429 ? 'HubThrottled' : 'HubUnavailable');
      expect(tookMs).toBeLessThan(TIMEOUT_MS + 1000);
      expect(hub.seen.length).toBeGreaterThan(1);
      expect(hub.seen.length).toBeLessThan(100);
    },
  );
});

test.each([301, 302, 303, 307, 308, 300, 304])('a redirect with %d is not followed', async (status) => {
  const other = await ScriptedHub.start();
  closing.push(() => other.close());
  hub.decide = () => ({
    kind: 'status',
    status,
    body: '',
    headers: { location: `https://${other.address}/jobs/v2/j?api-version=2021-04-12` },
  });
  expect((await failure()).code).toBe('HubRejected');
  expect(other.seen).toEqual([]);
  expect(hub.seen).toHaveLength(1);
});

test.each([
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
  ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
  ['a chunk of a bad size', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n'],
  ['a header of 1 MB', `A: ${'x'.repeat(1_000_000)}\r\n\r\n{}`],
  ['a length below zero', 'Content-Length: -5\r\n\r\n{}'],
  ['a length that is no number', 'Content-Length: many\r\n\r\n{}'],
  ['a length of 1 TB', 'Content-Length: 1099511627776\r\n\r\n{}'],
  ['gzip that was not asked for', 'Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001f\u008b\b\u0000'],
])('a response with %s ends in time as HubUnavailable or HubTimeout', async (_what, rest) => {
  const behaviour = afterRequest((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${rest}`, 'latin1');
  });
  const server = await startBadServer(behaviour, hub.certificates);
  closing.push(() => server.close());
  start(server.address);
  const { code, tookMs } = await failure();
  expect(['HubUnavailable', 'HubTimeout']).toContain(code);
  expect(tookMs).toBeLessThan(TIMEOUT_MS + 1000);
});
