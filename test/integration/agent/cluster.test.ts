import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import type { ConfigurationInput } from '../../../src/agent/config/schema.js';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { type PostgresServer, startPostgres } from '../../support/postgres/server.js';
import { startSwallowingLink } from '../../support/raw-proxy.js';
import { RestCaller } from '../../support/thingworx-rest.js';

const DEVICES = 6;
const THINGS = ['HubOne', 'HubTwo'];
const LEASE_SECONDS = 5;

interface Role {
  readonly role: string;
  readonly holder?: string;
}

interface Status {
  readonly cluster: { readonly agentName: string; readonly hubs: Readonly<Record<string, Role>> };
}

let ends: BothEnds;
let postgres: PostgresServer;
const agents: Agent[] = [];
const closers: (() => Promise<void>)[] = [];
beforeAll(async () => {
  [ends, postgres] = await Promise.all([startBothEnds(DEVICES, THINGS), startPostgres()]);
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  for (const close of closers.splice(0)) await close();
});
afterAll(async () => {
  await ends.close();
  await postgres.close();
});

async function start(agentName: string, url: string, hubs = ['one', 'two']): Promise<Agent> {
  const hub = ends.configuration.iothubs?.['main'];
  const config: ConfigurationInput = {
    ...ends.configuration,
    iothubs: Object.fromEntries(hubs.map((name) => [name, hub])) as never,
    things: hubs.map((iothub, at) => ({ name: THINGS[at] as string, iothub })),
    watch: { intervalSeconds: 0.1 },
    database: { url },
    cluster: { agentName, leaseSeconds: LEASE_SECONDS },
  };
  const log = createLogger({ level: 'fatal', secrets: [], sink: { write: () => undefined } });
  const agent = createAgent(await agentConfigFrom(config), { log, withProcessMetrics: false });
  agents.push(agent);
  await agent.start();
  return agent;
}

const get = async (agent: Agent, path: string): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(`${agent.adminUrl}${path}`);
  return { status: response.status, text: await response.text() };
};

const roles = async (agent: Agent): Promise<Status['cluster']['hubs']> =>
  (JSON.parse((await get(agent, '/status')).text) as Status).cluster.hubs;

const active = async (agent: Agent): Promise<string[]> =>
  Object.entries(await roles(agent)).flatMap(([hub, { role }]) => (role === 'active' ? [hub] : []));

const call = (thing: string): RestCaller => new RestCaller(ends.platform.url, APP_KEY, thing);

const serves = async (thing: string): Promise<boolean> => (await call(thing).invoke('FindJobs')).status === 200;

/** The outcomes that the events of a job have reported. */
function outcomesOf(jobId: string): string[] {
  const events = ends.platform.platform.things.get('HubOne')?.events ?? [];
  const rows = events.flatMap(({ data }) => (data ? rowsFromTable(data) : []));
  return rows.filter((row) => row['jobId'] === jobId).map((row) => String(row['outcome']));
}

describe('agents that share a database', () => {
  it('divide the hubs evenly, show who serves which, and the last one serves them all', async () => {
    const url = await postgres.createDatabase();
    const first = await start('first', url);
    expect(
      await eventually(
        () => active(first),
        (hubs) => hubs.length === 2,
      ),
    ).toEqual(['one', 'two']);
    const second = await start('second', url);
    expect(
      await eventually(
        () => active(second),
        (hubs) => hubs.length === 1,
      ),
    ).toHaveLength(1);
    expect(
      await eventually(
        () => active(first),
        (hubs) => hubs.length === 1,
      ),
    ).toHaveLength(1);
    const [mine] = await active(second);
    expect(
      (
        await eventually(
          () => roles(first),
          (all) => all[mine ?? '']?.holder === 'second',
        )
      )[mine ?? ''],
    ).toMatchObject({ role: 'standby' });
    for (const agent of [first, second]) expect((await get(agent, '/readyz')).status).toBe(200);
    expect((await get(second, '/metrics')).text).toContain(`twx_iothub_cluster_lease_held{hub="${mine}"} 1`);
    for (const thing of THINGS) expect(await eventually(() => serves(thing))).toBe(true);
    await second.stop();
    expect(
      await eventually(
        () => active(first),
        (hubs) => hubs.length === 2,
      ),
    ).toHaveLength(2);
    for (const thing of THINGS) expect(await eventually(() => serves(thing))).toBe(true);
  });

  it('hand over within three seconds, with an answer for every call that was accepted', async () => {
    const url = await postgres.createDatabase();
    const first = await start('first', url, ['one']);
    expect(await eventually(() => serves('HubOne'))).toBe(true);
    const second = await start('second', url, ['one']);
    await eventually(async () => (await get(second, '/readyz')).status === 200);
    const rolloutId = String(
      await call('HubOne').result('StartRollout', { methodName: 'echo', queryCondition: '*', batchSize: 2 }),
    );
    const startedMs = performance.now();
    const stopped = first.stop();
    const answered = await eventually(
      () => call('HubOne').invoke('GetRollout', { rolloutId }),
      ({ status }) => status === 200,
    );
    expect(performance.now() - startedMs).toBeLessThan(3000);
    expect(answered.text).toContain(rolloutId);
    await stopped;
    const [row] = await eventually(
      () => call('HubOne').rows('GetRollout', { rolloutId }),
      ([found]) => found?.['state'] === 'completed',
    );
    expect(row).toMatchObject({ succeededCount: DEVICES, jobCount: DEVICES / 2 });
  });

  it('take over from one that is cut off from the database, which stands by when it is back', async () => {
    const url = await postgres.createDatabase();
    const link = await startSwallowingLink(postgres.port);
    closers.push(() => link.close());
    const first = await start('first', url.replace(String(postgres.port), String(link.port)), ['one']);
    expect(await eventually(() => serves('HubOne'))).toBe(true);
    const second = await start('second', url, ['one']);
    await eventually(async () => (await get(second, '/readyz')).status === 200);
    link.swallow();
    expect(
      await eventually(
        () => active(second),
        (hubs) => hubs.length === 1,
      ),
    ).toEqual(['one']);
    const answer = await call('HubOne').invoke('StartRollout', { methodName: 'echo', queryCondition: '*' });
    expect(answer.text).toContain('StoreUnavailable');
    const jobId = 'while-cut-off';
    await call('HubOne').result('ScheduleDeviceMethodJob', {
      jobId,
      methodName: 'slow',
      queryCondition: "deviceId = 'light-1'",
    });
    expect(await serves('HubOne')).toBe(true);
    expect(await get(first, '/readyz?verbose')).toMatchObject({
      status: 200,
      text: expect.stringContaining('degraded'),
    });
    link.heal();
    expect(
      await eventually(
        () => active(first),
        (hubs) => hubs.length === 0,
      ),
    ).toEqual([]);
    const started = await eventually(
      () => call('HubOne').invoke('StartRollout', { methodName: 'echo', queryCondition: '*' }),
      ({ status }) => status === 200,
    );
    expect(started.status).toBe(200);
    // Only the agent that was cut off knew that this job is watched.
    expect(outcomesOf(jobId)).not.toContain('succeeded');
    await eventually(async () => outcomesOf(jobId).includes('succeeded'));
  }, 40_000);

  it('start without the database: connected, not ready, and saying why, until it is there', async () => {
    const url = await postgres.createDatabase();
    await postgres.crash();
    const agent = await start('first', url, ['one']);
    const ready = await get(agent, '/readyz');
    expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('nothing listens at the address')]);
    await postgres.restart();
    expect(await eventually(() => serves('HubOne'))).toBe(true);
    expect((await get(agent, '/readyz')).status).toBe(200);
    await postgres.sql('UPDATE twx_iothub.schema_version SET version = 2', new URL(url).pathname.slice(1));
    const answer = await call('HubOne').invoke('StartRollout', { methodName: 'echo', queryCondition: '*' });
    expect(answer.text).toContain('StoreUnavailable');
    expect((await agent.failure).message).toContain('version 2 now, and this program knows version 1');
  });
});
