import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import type { ConfigurationInput } from '../../../src/agent/config/schema.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { RestCaller } from '../../support/thingworx-rest.js';

let ends: BothEnds;
let rest: RestCaller;
beforeAll(async () => {
  ends = await startBothEnds();
  rest = new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub');
});
afterAll(() => ends.close());

let agent: Agent | undefined;
afterEach(() => agent?.stop());

async function start(
  changes: Partial<ConfigurationInput> = {},
): Promise<{ readonly agent: Agent; readonly lines: string[] }> {
  const config = await agentConfigFrom({ ...ends.configuration, ...changes });
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', secrets: [], sink: { write: (line) => lines.push(line) } });
  const started = createAgent(config, { log, withProcessMetrics: false });
  agent = started;
  await started.start();
  return { agent: started, lines };
}

interface Readiness {
  readonly status: string;
  readonly components: Readonly<Record<string, { readonly status: string; readonly detail?: string }>>;
}

async function readiness(of: Agent): Promise<Readiness & { readonly code: number }> {
  const response = await fetch(`${of.adminUrl}/readyz?verbose`);
  return { code: response.status, ...((await response.json()) as Readiness) };
}

const ready = (of: Agent): Promise<boolean> =>
  eventually(async () => {
    const { code, components } = await readiness(of);
    return code === 200 && components['hub']?.status === 'ok';
  });

describe('the agent', () => {
  it('accepts the inputs of its services in the address, too', async () => {
    const { agent } = await start();
    await agent.whenBound();
    const preview = async (query: string): Promise<unknown[]> => {
      const path = `/Thingworx/Things/AzureIotHub/Services/PreviewTargets${query}`;
      const { json } = await rest.request('POST', path, {});
      return (json as { sample: unknown[] }).sample;
    };
    expect((await preview('')).length).toBeGreaterThan(1);
    expect(await preview('?sampleSize=1')).toHaveLength(1);
  });

  it('connects the two ends and reports the state of each', async () => {
    const { agent, lines } = await start();
    await agent.whenBound();
    await ready(agent);
    const scheduled = await rest.invoke('ScheduleDeviceMethodJob', { methodName: 'echo', payload: { n: 0 } });
    expect(scheduled.status).toBe(200);
    expect(await readiness(agent)).toMatchObject({
      status: 'ready',
      components: {
        platform: { status: 'ok', detail: 'bound: AzureIotHub' },
        hub: { status: 'ok' },
        store: { status: 'ok', detail: 'in memory' },
      },
    });
    const metrics = await (await fetch(`${agent.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^twx_iothub_alwayson_requests_total\{status="0x40"\} [1-9]/m);
    expect(metrics).toMatch(/^twx_iothub_hub_requests_total\{operation="scheduleJob",result="ok"\} 1/m);
    expect(metrics).toMatch(/^twx_iothub_agent_component_up\{component="hub"\} 1/m);
    expect(metrics).toMatch(/^twx_iothub_alwayson_connected 1/m);
    expect(metrics).toMatch(/^twx_iothub_service_calls_total\{service="ScheduleDeviceMethodJob",code="ok"\} 1/m);
    expect(metrics).toMatch(/^twx_iothub_store_write_seconds_count [1-9]/m);
    const ended = /^twx_iothub_job_outcomes_total\{hub="main",outcome="succeeded"\} 1/m;
    await eventually(async () => ended.test(await (await fetch(`${agent.adminUrl}/metrics`)).text()));
    expect(await (await fetch(`${agent.adminUrl}/metrics`)).text()).toMatch(
      /^twx_iothub_watch_lag_seconds\{hub="main"\} /m,
    );
    expect(lines.join('')).toContain('stateDir is not set');
  });

  it('binds although its hub is unreachable, and reports that', async () => {
    const hub = { connectionString: ends.hub.connectionString, address: '127.0.0.1:1' };
    const { agent } = await start({ iothubs: { main: hub }, services: { timeoutSeconds: 1 } });
    await agent.whenBound();
    const answer = await rest.invoke('GetJob', { jobId: 'x' });
    expect(answer.text).toContain('HubUnavailable');
    await eventually(async () => (await readiness(agent)).components['hub']?.detail === 'unreachable');
    expect(await readiness(agent)).toMatchObject({ code: 503, components: { platform: { status: 'ok' } } });
    expect((await fetch(`${agent.adminUrl}/livez`)).status).toBe(200);
    await eventually(async () =>
      (await rest.request('GET', '/Thingworx/Things/AzureIotHub/Properties/hubStatus')).text.includes('unreachable'),
    );
  });

  it('reports that the platform is unreachable, and why', async () => {
    const { agent } = await start({ thingworx: { url: 'ws://127.0.0.1:1', allowInsecure: true, appKey: APP_KEY } });
    await eventually(async () => (await readiness(agent)).components['platform']?.status === 'failing');
    expect(await readiness(agent)).toMatchObject({
      code: 503,
      components: { platform: { detail: expect.stringContaining('ECONNREFUSED') } },
    });
  });

  it('reports a refused key', async () => {
    const { agent } = await start({
      thingworx: { url: ends.platform.wsUrl, allowInsecure: true, appKey: 'wrong-key' },
    });
    await eventually(async () =>
      Boolean((await readiness(agent)).components['platform']?.detail?.startsWith('application key refused')),
    );
    expect((await readiness(agent)).code).toBe(503);
  });

  it('returns its status without secrets', async () => {
    const { agent } = await start();
    const text = await (await fetch(`${agent.adminUrl}/status`)).text();
    expect(JSON.parse(text)).toMatchObject({
      things: [{ name: 'AzureIotHub', iothub: 'main' }],
      iothubs: [{ name: 'main' }],
    });
    expect(text).not.toMatch(/SharedAccess|test-application-key/);
  });

  it('keeps its state under stateDir, which one agent at a time can use', async () => {
    const stateDir = join(ends.folder, 'state');
    const { agent } = await start({ stateDir });
    expect((await readiness(agent)).components['store']).toMatchObject({ status: 'ok', detail: stateDir });
    const second = createAgent(await agentConfigFrom({ ...ends.configuration, stateDir }), {
      withProcessMetrics: false,
    });
    await expect(second.start()).rejects.toMatchObject({ code: 'StateUnwritable' });
  });

  it('switches services off', async () => {
    const { agent } = await start({ services: { deny: ['CancelJob'] } });
    await agent.whenBound();
    expect((await rest.invoke('AzureIotDeviceJobCancelJob', { jobId: 'x' })).text).toContain('Forbidden');
    expect((await rest.invoke('FindJobs')).status).toBe(200);
  });

  it('offers wrappers even if the job services are disabled, unless they are denied by name', async () => {
    const wrappers = [join(ends.folder, 'wrappers.json')];
    const services = ['Reboot', 'Wipe'].map((name) => ({ name, kind: 'deviceMethod', methodName: 'echo' }));
    await writeFile(wrappers[0] as string, JSON.stringify({ bundle: { name: 'b', version: '1.0.0' }, services }));
    const { agent } = await start({ wrappers, services: { allow: ['GetJob'], deny: ['Wipe'] } });
    await agent.whenBound();
    expect((await rest.invoke('Reboot')).text).toContain('rows');
    expect((await rest.invoke('Wipe')).text).toContain('Forbidden');
    expect((await rest.invoke('ScheduleDeviceMethodJob', { methodName: 'echo' })).text).toContain('Forbidden');
  });

  it('refuses wrappers with the same name, in the configuration and, if that was not checked, at the start', async () => {
    const services = [{ name: 'Twice', kind: 'deviceMethod' }];
    const wrappers = ['one', 'two'].map((name) => join(ends.folder, `${name}.json`));
    for (const [index, file] of wrappers.entries()) {
      await writeFile(file, JSON.stringify({ bundle: { name: `b${index}`, version: '1.0.0' }, services }));
    }
    await expect(agentConfigFrom({ ...ends.configuration, wrappers })).rejects.toMatchObject({
      code: 'WrapperInvalid',
    });
    const config = { ...(await agentConfigFrom(ends.configuration)), wrappers };
    const unchecked = createAgent(config, { withProcessMetrics: false });
    await expect(unchecked.start()).rejects.toMatchObject({ code: 'WrapperInvalid' });
  });

  it('stops at once if nothing is in flight, and only once', async () => {
    const { agent, lines } = await start();
    await agent.whenBound();
    await Promise.all([agent.stop(), agent.stop()]);
    expect(lines.filter((line) => line.includes('"agent stopped"'))).toHaveLength(1);
    const property = await rest.request('GET', '/Thingworx/Things/AzureIotHub/Properties/isConnected');
    expect(property.text).toContain('"isConnected":false');
    await expect(fetch(`${agent.adminUrl}/livez`)).rejects.toThrow();
  });

  it('closes everything that it has opened if the start fails', async () => {
    const { agent } = await start();
    const port = Number(new URL(agent.adminUrl ?? '').port);
    const config = await agentConfigFrom({
      ...ends.configuration,
      admin: { port },
      stateDir: join(ends.folder, 'again'),
    });
    const log = createLogger({ level: 'fatal', secrets: [] });
    await expect(createAgent(config, { log, withProcessMetrics: false }).start()).rejects.toMatchObject({
      code: 'PortInUse',
    });
    const other = createAgent({ ...config, admin: { ...config.admin, port: 0 } }, { log, withProcessMetrics: false });
    await other.start();
    await other.stop();
  });
});
