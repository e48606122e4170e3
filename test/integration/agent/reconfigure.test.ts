import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import type { ConfigurationInput } from '../../../src/agent/config/schema.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { compareConfigs } from '../../../src/agent/reload/compare-configs.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { RestCaller } from '../../support/thingworx-rest.js';

let ends: BothEnds;
let rest: RestCaller;
let agent: Agent;
beforeAll(async () => {
  ends = await startBothEnds();
  rest = new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub');
});
afterAll(() => ends.close());
afterEach(() => agent.stop());

async function start(changes: Partial<ConfigurationInput> = {}): Promise<string[]> {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', secrets: [], sink: { write: (line) => lines.push(line) } });
  agent = createAgent(await agentConfigFrom({ ...ends.configuration, ...changes }), { log, withProcessMetrics: false });
  await agent.start();
  await agent.whenBound();
  return lines;
}

async function change(changes: Partial<ConfigurationInput>): Promise<void> {
  const next = await agentConfigFrom({ ...ends.configuration, ...changes });
  await agent.reconfigure(compareConfigs(agent.config, next));
}

const schedule = (jobId: string) => rest.invoke('ScheduleDeviceMethodJob', { jobId, methodName: 'echo' });
const outcome = async (jobId: string): Promise<unknown> => (await rest.invoke('GetJob', { jobId })).text;

describe('an agent whose configuration changes while it runs', () => {
  it('applies guards, switches and wrappers to the next call, on the same connection', async () => {
    const lines = await start();
    expect((await schedule('before')).status).toBe(200);
    await change({
      guards: { allowedMethods: ['reboot'] },
      services: { deny: ['CancelJob'] },
      wrappers: ['wrappers/device-maintenance.yaml'],
    });
    expect((await schedule('refused')).text).toContain('guards.allowedMethods');
    expect((await rest.invoke('CancelJob', { jobId: 'before' })).text).toContain('services.deny');
    expect((await rest.invoke('RebootDevices', {})).text).not.toContain('UnknownService');
    await change({});
    expect((await schedule('after')).status).toBe(200);
    expect(lines.filter((line) => line.includes('bound to ThingWorx'))).toHaveLength(1);
  });

  it('manages devices and returns their keys once both are enabled, with a warning', async () => {
    const log = { level: 'trace' } as const;
    const lines = await start({ log });
    const create = (deviceId: string) => rest.invoke('CreateDevice', { deviceId });
    expect((await create('new-1')).text).toContain('services.deviceManagement');
    await change({ log, services: { deviceManagement: true } });
    expect((await create('new-2')).text).not.toContain('primaryKey');
    expect(lines.join('')).not.toContain('showDeviceKeys');
    await change({ log, services: { deviceManagement: true, showDeviceKeys: true } });
    const { text } = await create('new-3');
    const [row] = (JSON.parse(text) as { rows: { primaryKey: string }[] }).rows;
    expect(row).toMatchObject({ deviceId: 'new-3', primaryKey: expect.stringMatching(/=$/) });
    expect(lines.join('')).toContain('services.showDeviceKeys');
    expect(lines.join('')).not.toContain(row?.primaryKey);
  });

  it('calls a method of one device and reads its twin', async () => {
    const lines = await start({ log: { level: 'info' }, services: { showDeviceKeys: true } });
    expect(lines.join('')).toContain('services.showDeviceKeys');
    const method = { deviceId: 'light-1', methodName: 'echo', payload: { n: 1 } };
    const response = await rest.invoke('InvokeDeviceMethod', method);
    expect(JSON.parse(response.text)).toEqual({ status: 200, payload: { n: 1 } });
    const twin = await rest.invoke('AzureIotDeviceGetTwin', { deviceId: 'light-1' });
    expect(JSON.parse(twin.text)).toMatchObject({ deviceId: 'light-1' });
    expect((await rest.invoke('AzureIotDeviceGet', { deviceId: 'nobody' })).text).toContain('DeviceNotFound');
  });

  it('continues to watch the jobs that it scheduled before', async () => {
    await start();
    await schedule('watched');
    await change({ watch: { intervalSeconds: 0.1 } });
    const property = async (): Promise<string> =>
      (await rest.request('GET', '/Thingworx/Things/AzureIotHub/Properties/hubStatus')).text;
    expect(await eventually(async () => String(await outcome('watched')).includes('succeeded'))).toBe(true);
    expect(await eventually(async () => (await property()).includes('connected'))).toBe(true);
  });

  it('uses the new key of a hub for the next request', async () => {
    await start();
    const wrong = ends.hub.connectionString.replace(/SharedAccessKey=.*/, 'SharedAccessKey=bm90IHRoZSBrZXk=');
    const hubs = (connectionString: string): Partial<ConfigurationInput> => ({
      iothubs: { main: { ...ends.configuration.iothubs?.['main'], connectionString } },
    });
    expect((await schedule('first')).status).toBe(200);
    await change(hubs(wrong));
    expect((await schedule('second')).text).toContain('HubUnauthorized');
    await change(hubs(ends.hub.connectionString));
    expect((await schedule('third')).status).toBe(200);
  });

  it('reconnects with a new application key', async () => {
    const lines = await start();
    await change({ thingworx: { url: ends.platform.wsUrl, allowInsecure: true, appKey: 'not-the-application-key' } });
    await eventually(() => Promise.resolve(lines.some((line) => line.includes('refused the application key'))));
    expect(lines.join('')).toContain('the application key has changed');
    expect(lines.join('')).not.toContain('not-the-application-key');
  });
});
