import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { RestCaller } from '../../support/thingworx-rest.js';

let ends: BothEnds;
let rest: RestCaller;
let agent: Agent | undefined;
beforeAll(async () => {
  ends = await startBothEnds();
  rest = new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub');
});
afterEach(() => agent?.stop());
afterAll(() => ends.close());

async function startAgent(): Promise<Agent> {
  const config = await agentConfigFrom({
    ...ends.configuration,
    stateDir: join(ends.folder, 'state'),
    services: { queueJobs: true },
    rollouts: { maxConcurrentJobs: 1 },
    watch: { intervalSeconds: 0.1 },
  });
  const log = createLogger({ level: 'fatal', secrets: [], sink: { write: () => undefined } });
  agent = createAgent(config, { log, withProcessMetrics: false });
  await agent.start();
  await agent.whenBound();
  return agent;
}

interface Row {
  readonly status: string;
  readonly statusMessage?: string;
}

async function job(jobId: string): Promise<Row> {
  const { json } = await rest.invoke('GetJob', { jobId });
  return (json as { readonly rows: readonly Row[] }).rows[0] as Row;
}

it('keeps jobs after a restart of the agent, and creates them one after the other', async () => {
  const first = await startAgent();
  const slow = { methodName: 'slow', payload: { delaySeconds: 1 }, queryCondition: "deviceId = 'light-1'" };
  await rest.invoke('ScheduleDeviceMethodJob', { ...slow, jobId: 'first' });
  await rest.invoke('ScheduleDeviceMethodJob', { ...slow, jobId: 'second' });
  await rest.invoke('ScheduleDeviceMethodJob', { ...slow, jobId: 'third' });
  expect(await job('third')).toMatchObject({
    status: 'queued',
    statusMessage: "waits in the agent's queue, place 2 of 2",
  });
  const metrics = await (await fetch(`${first.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^twx_iothub_hub_queue_length\{hub="main"\} 2$/m);
  await first.stop();
  await startAgent();
  await rest.invoke('CancelJob', { jobId: 'third' });
  expect(
    await eventually(
      () => job('second'),
      ({ status }) => status === 'completed',
    ),
  ).toBeDefined();
  expect(await job('first')).toMatchObject({ status: 'completed' });
  expect(await job('third')).toMatchObject({ status: 'cancelled' });
  const events = ends.platform.platform.things.get('AzureIotHub')?.events ?? [];
  expect(JSON.stringify(events.map(({ data }) => data))).toContain('queued');
});
