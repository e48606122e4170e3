import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Service } from '../../../src/edge/definitions.js';
import type { HubPort } from '../../../src/iothub/ports.js';
import { sandboxSchema } from '../../../src/sandbox/options.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.js';
import { eventually } from '../../support/eventually.js';
import { callService } from '../../support/jobs/callers.js';
import { servicesAt } from '../../support/jobs/hub-services.js';

const SCRIPT = `
- { devices: light-*, method: echo, failPercent: 20, failFirst: 1, status: 503 }
- { devices: device-0001, method: echo, status: 418 }
- { devices: device-0002, method: reboot, delayMs: 20 }
- { devices: light-000005, offlineSeconds: 1 }
- { devices: device-0002, offlineSeconds: 1 }
`;

interface Result {
  readonly deviceId: string;
  readonly methodStatus?: number;
  readonly errorCode?: string;
}

let folder: string;
let sandbox: Sandbox;
let hub: { readonly port: HubPort; readonly services: Service[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'device-script-'));
  const deviceScript = join(folder, 'script.yaml');
  await writeFile(deviceScript, SCRIPT);
  const ports = { httpPort: 0, hubPort: 0, mqttPort: 0 };
  sandbox = await startSandbox('all', sandboxSchema.parse({ devices: 2, lightDevices: 10, ...ports, deviceScript }));
  const { address, connectionString, caFile } = sandbox.info.iothub as NonNullable<Sandbox['info']['iothub']>;
  hub = servicesAt({ address, connectionString }, { ca: await readFile(caFile, 'utf8'), timeoutMs: 20_000 });
  await sandbox.startDevices();
});

afterAll(async () => {
  hub.port.close();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

async function statuses(methodName: string, more: object = {}): Promise<Map<string, number | string | undefined>> {
  const call = (name: string, parameters: Record<string, unknown>): Promise<unknown> =>
    callService(hub.services, name, parameters, { timeoutMs: 20_000 });
  const jobId = await call('ScheduleDeviceMethodJob', { methodName, ...more });
  await eventually(async () => {
    const [row] = (await call('GetJob', { jobId })) as [{ readonly status: string }];
    return row.status === 'completed';
  });
  const query = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${String(jobId)}'`;
  const rows = (await call('QueryJobResults', { query })) as Result[];
  return new Map(rows.map(({ deviceId, methodStatus, errorCode }) => [deviceId, methodStatus ?? errorCode]));
}

const countOf = (answers: ReadonlyMap<string, unknown>, status: unknown): number =>
  [...answers.values()].filter((value) => value === status).length;

it('makes devices fail, come online later and answer others as usual, and counts their calls', async () => {
  // They connect while the job waits for them.
  const first = await statuses('echo', { connectTimeoutInSeconds: 20 });
  expect(first.size).toBe(12);
  expect(first.get('device-0001')).toBe(418);
  expect(first.get('device-0002')).toBe(200);
  expect(first.get('light-000005')).toBe(503);
  expect(countOf(first, 503)).toBe(2);
  const second = await statuses('echo');
  expect(countOf(second, 503)).toBe(0);
  expect(countOf(second, 200)).toBe(11);
  expect(countOf(await statuses('reboot'), 200)).toBe(12);
  const { url = '', appKey = '' } = sandbox.info.thingworx ?? {};
  const counted = await fetch(new URL('/sandbox/devices/calls', url), { headers: { appKey } });
  const calls = (await counted.json()) as Record<string, unknown>;
  expect(Object.keys(calls)).toHaveLength(12);
  expect(calls['light-000005']).toEqual({ echo: 2, reboot: 1 });
  expect(calls['device-0002']).toEqual({ echo: 2, reboot: 1 });
});
