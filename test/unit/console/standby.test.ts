import { afterEach, describe, expect, it } from '@jest/globals';
import { EdgeThing } from '../../../src/edge/thing.js';
import type { AgentView, ViewedHub } from '../../../src/console/agent-view.js';
import { ConsoleServer, NO_AGENT } from '../../support/console/console-server.js';
import { FakeHub } from '../../support/jobs/fake-hub.js';
import { RolloutRig } from '../../support/rollouts/rig.js';

let server: ConsoleServer;
afterEach(() => server.close());

/** An agent whose only hub is served by another one, or by none. */
async function start(holder: string | undefined, rig = new RolloutRig({ devices: 2 })): Promise<RolloutRig> {
  await rig.start('r-1');
  const thing = new EdgeThing({ name: 'Hub' });
  const hub = {
    name: 'main',
    tier: 'S1',
    units: 1,
    port: new FakeHub().port(),
    health: { status: 'starting', since: '2026-01-01T00:00:00.000Z', detail: 'standby' },
    role: 'standby',
    ...(holder === undefined ? {} : { holder }),
    things: [{ thing, services: () => [], preview: () => undefined }],
    rollouts: rig.driver,
    places: { openCount: 0, limit: 1 },
    queuedJobs: undefined,
    activeJobs: undefined,
  } as unknown as ViewedHub;
  const agent: AgentView = { ...NO_AGENT, hubs: () => [hub] };
  server = await ConsoleServer.start({ key: 'key-of-the-console', agent });
  return rig;
}

const send = (method: string, path: string) =>
  server.send(`/api/v1/${path}`, {
    method,
    headers: { authorization: 'Bearer key-of-the-console' },
    ...(method === 'POST' ? { body: '{}' } : {}),
  });

describe('a hub that another agent serves', () => {
  it.each([
    ['GET', 'jobs'],
    ['GET', 'jobs?hub=main'],
    ['GET', 'jobs/main/j'],
    ['GET', 'jobs/main/j/devices'],
    ['GET', 'devices?hub=main'],
    ['GET', 'devices/main/d/jobs'],
    ['POST', 'things/Hub/services/GetJob'],
  ])('is named with its agent by %s %s', async (method, path) => {
    await start('agent-2');
    const { status, headers, json } = await send(method, path);
    expect({ status, json }).toMatchObject({
      status: 503,
      json: { error: { code: 'ServiceUnavailable', message: expect.stringContaining('agent-2') } },
    });
    expect(headers['retry-after']).toBe('5');
  });

  it('shows its role, and roll-outs as they are stored', async () => {
    await start('agent-2');
    expect((await send('GET', 'hubs')).json.items).toMatchObject([
      { name: 'main', role: 'standby', holder: 'agent-2' },
    ]);
    expect((await send('GET', 'rollouts')).json.items).toMatchObject([{ hub: 'main', rolloutId: 'r-1' }]);
    expect((await send('GET', 'rollouts/main/r-1')).status).toBe(200);
    expect((await send('GET', 'status')).status).toBe(200);
  });

  it('lists the runs of a recurring roll-out, newest first, without those that were deleted', async () => {
    const rig = new RolloutRig({ devices: 2 });
    await rig.start('nightly', { recurrence: '0 * * * *' });
    await rig.clock.advanceAsync(3 * 3_600_000 + 600_000);
    await rig.driver.delete('nightly-r2');
    await start('agent-2', rig);
    const { json } = await send('GET', 'rollouts/main/nightly');
    expect(json).toMatchObject({ state: 'recurring', skippedCount: 0, definition: { recurrence: '0 * * * *' } });
    expect(json.runs.map(({ rolloutId, outcome }: Record<string, unknown>) => [rolloutId, outcome])).toEqual([
      ['nightly-r4', 'succeeded'],
      ['nightly-r3', 'succeeded'],
      ['nightly-r1', 'succeeded'],
    ]);
    expect((await send('GET', 'rollouts/main/r-1')).json.runs).toEqual([]);
    expect((await send('GET', 'rollouts?state=recurring')).json.items).toMatchObject([{ rolloutId: 'nightly' }]);
  });

  it('may be served by nobody for a while', async () => {
    await start(undefined);
    expect((await send('GET', 'jobs')).json.error.message).toContain('No agent serves the hub main');
  });
});
