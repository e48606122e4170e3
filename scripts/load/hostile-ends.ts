/**
 * `node --import tsx scripts/load/hostile-ends.ts`: a built agent with a platform, a proxy, a log sink and clients of the
 * admin server that attack it. For each attack it prints the agent's memory and the longest time for which its event loop
 * was blocked, from the agent's own metrics, and whether the agent still responds. Fails above 256 MB or 250 ms. Build
 * first.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CODE } from '../../src/alwayson/codec/codes.js';
import type { LonelyAgent, LonelyAgentOptions } from '../../test/support/agent/lonely-agent.js';
import * as silent from '../../test/support/edge/silent-ends.js';
import { type Attack, runAttacks } from '../attack-run.js';

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-hostile-'));
  execFileSync('mkfifo', [join(folder, 'unread')]);
  const unread = openSync(join(folder, 'unread'), 'r+');
  try {
    await runAttacks(await attacks(unread));
  } finally {
    closeSync(unread);
    rmSync(folder, { recursive: true });
  }
}

async function attacks(unread: number): Promise<Attack[]> {
  const mute = await silent.startSilentEnd(silent.saysNothing);
  const flood = await silent.startSilentEnd(silent.floods('x'.repeat(65_536)));
  for (const end of [mute, flood]) process.on('exit', () => void end.close());
  const proxy = (port: number): Partial<LonelyAgentOptions> => ({
    thingworx: { proxy: `http://127.0.0.1:${port}` },
    waitsForBind: false,
  });
  return [
    { name: 'nothing', attack: () => pause(2_000) },
    { name: 'a proxy that does not respond to CONNECT', options: proxy(mute.port), attack: () => pause(22_000) },
    { name: 'a proxy whose header never ends', options: proxy(flood.port), attack: () => pause(10_000) },
    {
      name: 'a log that is not read, 12,000 lines',
      options: { stdout: unread, level: 'debug' },
      attack: (agent) => agent.makeItLog(12_000),
    },
    {
      name: 'a refusal of 1 MB that repeats the key, escaped',
      options: {
        waitsForBind: false,
        policy: { authCode: () => CODE.UNAUTHORIZED, refusalReason: '\\u0074he-key %74he-key '.repeat(45_000) },
      },
      attack: () => pause(11_000),
    },
    { name: '600 silent connections to the admin server', attack: (agent) => connectAll(agent, 600) },
    {
      name: '50,000 requests before AUTH is accepted',
      options: { waitsForBind: false, policy: { authCode: () => 0 } },
      attack: beforeAuth,
    },
    { name: '500,000 frames that cannot be read', attack: garbage },
    { name: '20,000 requests with a foreign Host', attack: foreignHosts },
  ];
}

async function connectAll(agent: LonelyAgent, count: number): Promise<void> {
  const port = Number(new URL(agent.adminUrl).port);
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await pause(3_000);
  for (const socket of sockets) socket.destroy();
}

async function beforeAuth({ platform }: LonelyAgent): Promise<void> {
  const end = platform.ends.at(-1) ?? (await platform.nextEnd());
  const body = { entityName: 'AzureIotHub', characteristic: 2, name: 'FindJobs', params: null };
  for (let sent = 0; sent < 50_000; sent += 500)
    await Promise.all(Array.from({ length: 500 }, () => end.request(CODE.POST, body)));
}

async function garbage({ platform }: LonelyAgent): Promise<void> {
  for (let sent = 0; sent < 500; sent += 1) {
    for (let index = 0; index < 1_000; index += 1) platform.end.sendRaw(Buffer.from([1, 3, index % 256]));
    await pause(1);
  }
  await platform.end.invoke('AzureIotHub', 'NoSuchService');
}

async function foreignHosts(agent: LonelyAgent): Promise<void> {
  const port = Number(new URL(agent.adminUrl).port);
  const text = 'GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n'.repeat(200);
  for (let round = 0; round < 100; round += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.end(text).resume();
    await new Promise((resolve) => socket.on('close', resolve));
  }
}

void main()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => process.exit());
