import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeSasToken } from '../../src/sandbox/iothub/access/sas-token.js';

interface Hub {
  readonly child: ChildProcess;
  readonly address: string;
  readonly connectionString: string;
  readonly caPem: string;
}

const ROOT = resolve(__dirname, '../..');
const KILLS = process.env['LOAD'] === 'full' ? 50 : 3;

let directory: string;
let hub: Hub | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'twx-kill-'));
});
afterEach(async () => {
  await kill();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<Hub> {
  const script = join(ROOT, 'test/support/local-hub/hub-process.cjs');
  const child = spawn(process.execPath, [script, join(ROOT, 'dist'), directory, '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  hub = { child, ...(JSON.parse(line) as Omit<Hub, 'child'>) };
  return hub;
}

async function kill(): Promise<void> {
  const child = hub?.child;
  hub = undefined;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function call({ address, caPem, connectionString }: Hub, method: string, path: string, body?: unknown): Promise<any> {
  const [host, port] = address.split(':');
  const authorization = makeSasToken({
    resource: 'hub.local',
    key: /SharedAccessKey=(.+)$/u.exec(connectionString)?.[1] ?? '',
    policy: 'iothubowner',
    expirySeconds: Math.floor(Date.now() / 1000) + 600,
  });
  return new Promise((done, failed) => {
    const sent = request(
      {
        host,
        port,
        ca: caPem,
        servername: 'hub.local',
        method,
        path: `${path}?api-version=2021-04-12`,
        headers: { authorization },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('error', failed);
        response.on('end', () =>
          response.statusCode === 200 ? done(JSON.parse(text)) : failed(new Error(`${response.statusCode}: ${text}`)),
        );
      },
    );
    sent.on('error', failed);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test('keeps everything that was acknowledged before a kill -9', async () => {
  const acknowledged = { devices: 0, tag: 0, jobs: 0 };
  let connectionString: string | undefined;
  for (let round = 0; round <= KILLS; round++) {
    const running = await start();
    connectionString ??= running.connectionString;
    expect(running.connectionString).toBe(connectionString);
    if (round > 0) {
      for (let index = 0; index < acknowledged.devices; index++) {
        expect((await call(running, 'GET', `/devices/d${index}`)).deviceId).toBe(`d${index}`);
      }
      expect((await call(running, 'GET', '/twins/d0')).tags.n).toBeGreaterThanOrEqual(acknowledged.tag);
      for (let index = 0; index < acknowledged.jobs; index++) {
        expect((await call(running, 'GET', `/jobs/v2/j${index}`)).status).not.toBe('unknown');
      }
    }
    if (round === KILLS) break;
    const until = { devices: acknowledged.devices + 5 + round, killed: false };
    const work = workUntilKilled(running, acknowledged);
    while (acknowledged.devices < until.devices) await new Promise((next) => setImmediate(next));
    await kill();
    await expect(work).rejects.toThrow();
  }
});

/** Creates and patches devices, schedules jobs and records what was acknowledged, until the hub is killed. */
async function workUntilKilled(
  running: Hub,
  acknowledged: { devices: number; tag: number; jobs: number },
): Promise<never> {
  for (;;) {
    // A request that was in flight when the hub was killed may or may not have taken effect.
    await call(running, 'PUT', `/devices/d${acknowledged.devices}`, {}).catch((error: Error) => {
      if (!error.message.startsWith('409')) throw error;
    });
    acknowledged.devices += 1;
    const n = acknowledged.tag + 1;
    await call(running, 'PATCH', '/twins/d0', { tags: { n } });
    acknowledged.tag = n;
    await call(running, 'PUT', `/jobs/v2/j${acknowledged.jobs}`, {
      type: 'scheduleUpdateTwin',
      queryCondition: '*',
      updateTwin: { etag: '*', tags: { job: acknowledged.jobs } },
    }).catch((error: Error) => {
      if (!error.message.startsWith('409')) throw error;
    });
    acknowledged.jobs += 1;
  }
}
