import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import type { ConfigurationInput } from '../../../src/agent/config/schema.js';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { RestCaller, type TableRow } from '../../support/thingworx-rest.js';

const DEVICES = 12;
const WRAPPERS = join(__dirname, '../../../wrappers/device-maintenance.yaml');

let ends: BothEnds;
let rest: RestCaller;
let agent: Agent | undefined;
beforeAll(async () => {
  ends = await startBothEnds(DEVICES);
  rest = new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub');
});
afterEach(() => agent?.stop());
afterAll(() => ends.close());

async function start(changes: Partial<ConfigurationInput> = {}): Promise<Agent> {
  const config = await agentConfigFrom({
    ...ends.configuration,
    stateDir: join(ends.folder, 'state'),
    watch: { intervalSeconds: 0.1 },
    ...changes,
  });
  const log = createLogger({ level: 'fatal', secrets: [], sink: { write: () => undefined } });
  agent = createAgent(config, { log, withProcessMetrics: false });
  await agent.start();
  return agent;
}

async function rollout(rolloutId: string): Promise<TableRow> {
  const [row] = await rest.rows('GetRollout', { rolloutId });
  return row as TableRow;
}

const inState = (rolloutId: string, ...states: readonly string[]): Promise<TableRow> =>
  eventually(
    () => rollout(rolloutId),
    ({ state }) => states.includes(String(state)),
  );

interface ChangeEvent {
  readonly rolloutId: string;
  readonly state: string;
  readonly previousState: string;
  readonly batch: number;
  readonly succeededCount: number;
  readonly deviceCount: number;
}

/** What the platform has received about a roll-out. */
function eventsOf(rolloutId: string): readonly ChangeEvent[] {
  const events = ends.platform.platform.things.get('AzureIotHub')?.events ?? [];
  return events
    .filter(({ event }) => event === 'AzureIotRolloutChanged')
    .flatMap(({ data }) => (data ? (rowsFromTable(data) as unknown as ChangeEvent[]) : []))
    .filter((row) => row.rolloutId === rolloutId);
}

async function property(name: string): Promise<unknown> {
  const { json } = await rest.request('GET', `/Thingworx/Things/AzureIotHub/Properties/${name}`);
  return (json as { readonly rows: readonly TableRow[] }).rows[0]?.[name];
}

describe('a roll-out through platform and hub', () => {
  it('runs with a canary, fires its events and shows its devices', async () => {
    await (await start()).whenBound();
    const parameters = { methodName: 'echo', payload: { n: 1 }, queryCondition: '*', canarySize: 2, batchSize: 5 };
    const { json: preview } = await rest.invoke('PreviewRollout', parameters);
    expect(preview).toMatchObject({ deviceCount: DEVICES, connectedCount: DEVICES, batchCount: 3 });
    expect(await rest.result('StartRollout', { ...parameters, rolloutId: 'r1' })).toBe('r1');
    expect(await inState('r1', 'completed')).toMatchObject({
      outcome: 'succeeded',
      deviceCount: DEVICES,
      succeededCount: DEVICES,
      batchCount: 3,
      jobCount: 3,
    });
    const { json: page } = await rest.invoke('QueryRolloutDevices', { rolloutId: 'r1', batch: 1 });
    expect((page as { readonly rows: unknown[] }).rows).toEqual([
      expect.objectContaining({ state: 'succeeded', methodStatus: 200, methodPayload: { n: 1 } }),
      expect.objectContaining({ state: 'succeeded', methodStatus: 200, methodPayload: { n: 1 } }),
    ]);
    await eventually(async () => eventsOf('r1').at(-1)?.state === 'completed');
    const events = eventsOf('r1');
    expect(events[0]).toMatchObject({ state: 'scheduled', previousState: '' });
    expect(events.at(-1)).toMatchObject({ previousState: 'running', succeededCount: DEVICES, deviceCount: DEVICES });
    const batches = events.map(({ batch }) => batch);
    expect(batches).toEqual([...batches].sort((a, b) => a - b));
    await eventually(async () => (await property('activeRolloutCount')) === 0);
  });

  it('is paused, survives a restart, is resumed and cancelled', async () => {
    await (await start()).whenBound();
    const parameters = { methodName: 'echo', queryCondition: '*', batchSize: 4, soakSeconds: 3600 };
    await rest.result('StartRollout', { ...parameters, rolloutId: 'r2' });
    await eventually(
      () => rollout('r2'),
      ({ waitingFor }) => waitingFor === 'soak',
    );
    await eventually(async () => (await property('activeRolloutCount')) === 1);
    const [paused] = await rest.rows('PauseRollout', { rolloutId: 'r2', comment: 'checking' });
    expect(paused).toMatchObject({ state: 'paused', reason: 'user' });
    await agent?.stop();
    await (await start()).whenBound();
    expect(await rollout('r2')).toMatchObject({ state: 'paused', succeededCount: 4, jobCount: 1 });
    await rest.rows('ResumeRollout', { rolloutId: 'r2', skipSoak: true });
    await eventually(
      () => rollout('r2'),
      ({ batch, waitingFor }) => batch === 2 && waitingFor === 'soak',
    );
    const [cancelled] = await rest.rows('CancelRollout', { rolloutId: 'r2' });
    expect(cancelled).toMatchObject({ state: 'cancelled', succeededCount: 8, cancelledCount: 4 });
    const refused = await rest.invoke('PauseRollout', { rolloutId: 'r2' });
    expect(refused.text).toContain('RolloutStateConflict');
    await eventually(async () => eventsOf('r2').at(-1)?.state === 'cancelled');
    const states = eventsOf('r2').map(({ state }) => state);
    expect(states.filter((state, at) => state !== states[at - 1])).toEqual([
      'scheduled',
      'preparing',
      'running',
      'paused',
      'running',
      'cancelled',
    ]);
  });

  it('continues without the platform, which receives the events when it is back', async () => {
    await (await start()).whenBound();
    await rest.result('StartRollout', {
      methodName: 'echo',
      queryCondition: '*',
      rolloutId: 'r3',
      startTime: Date.now() + 1000,
    });
    await agent?.stop();
    const away = { url: 'ws://127.0.0.1:1', allowInsecure: true, appKey: APP_KEY };
    const lonely = await start({ thingworx: away });
    await eventually(async () =>
      /rollout_devices_total\{[^}]*state="succeeded"[^}]*\} 12/.test(
        await (await fetch(`${lonely.adminUrl}/metrics`)).text(),
      ),
    );
    await lonely.stop();
    await (await start()).whenBound();
    expect(await rollout('r3')).toMatchObject({ state: 'completed', outcome: 'succeeded' });
    await eventually(async () => eventsOf('r3').at(-1)?.state === 'completed');
    expect(new Set(eventsOf('r3').map(({ state }) => state))).toEqual(
      new Set(['scheduled', 'preparing', 'running', 'completed']),
    );
  });

  it('does not continue while roll-outs are disabled, and while its Thing is not in the configuration', async () => {
    await (await start()).whenBound();
    const parameters = { methodName: 'echo', queryCondition: '*', startTime: Date.now() + 500 };
    await rest.result('StartRollout', { ...parameters, rolloutId: 'r4' });
    await agent?.stop();
    await (await start({ rollouts: { enabled: false }, wrappers: [WRAPPERS] })).whenBound();
    for (const name of ['StartRollout', 'FindRollouts', 'AzureIotDeviceJobGetRollout'])
      expect((await rest.invoke(name, {})).text).toContain('Forbidden');
    const wrapper = await rest.invoke('RolloutFirmware', { version: '1.2.3', site: 'A' });
    expect(wrapper.text).toContain('Forbidden');
    await agent?.stop();
    const other = await start({ things: [{ name: 'OtherHub' }] });
    await eventually(async () => (await (await fetch(`${other.adminUrl}/readyz?verbose`)).text()).includes('"hub"'));
    await other.stop();
    await (await start()).whenBound();
    expect(await inState('r4', 'completed')).toMatchObject({ jobCount: 1, succeededCount: DEVICES });
  });

  it('requires a state folder', async () => {
    const { stateDir: _stateDir, ...configuration } = await agentConfigFrom(ends.configuration);
    agent = createAgent(configuration, {
      log: createLogger({ level: 'fatal', secrets: [] }),
      withProcessMetrics: false,
    });
    await agent.start();
    await agent.whenBound();
    const answer = await rest.invoke('StartRollout', { methodName: 'echo', queryCondition: '*' });
    expect(answer.text).toContain('StateRequired');
    expect(await rest.rows('FindRollouts')).toEqual([]);
  });
});
