import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { ReadyInfo } from '../../src/sandbox/ready-file.js';
import { SandboxProcess } from '../support/sandbox-process.js';
import { RestCaller } from '../support/thingworx-rest.js';

const portOf = (address = ''): string => address.split(':').at(-1) ?? '';
const restOf = ({ thingworx }: ReadyInfo): RestCaller =>
  new RestCaller(thingworx?.url ?? '', thingworx?.appKey ?? '', thingworx?.thing ?? '');

describe('a sandbox with a state directory, killed and started again', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'twx-iothub-state-'));
  afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

  it('has the same CA, keys, devices, twins, jobs and Things', async () => {
    const first = await new SandboxProcess(['--devices', '2', '--state-dir', stateDir]).started();
    const before = first.ready;
    const caBefore = readFileSync(before.iothub?.caFile ?? '', 'utf8');
    const rest = restOf(before);
    await rest.result('ScheduleTwinUpdateJob', { patch: { tags: { kept: true } }, jobId: 'kept-1' });
    await rest.ended('kept-1');
    const startTime = new Date(Date.now() + 3_600_000).toISOString();
    await rest.result('ScheduleDeviceMethodJob', { methodName: 'echo', jobId: 'kept-2', startTime });
    const created = { name: 'Pump7', thingTemplateName: 'RemoteThing' };
    expect(
      await rest.request('POST', '/Thingworx/Resources/EntityServices/Services/CreateThing', created),
    ).toMatchObject({
      status: 200,
    });
    await first.command.stop('SIGKILL');

    const ports = ['--http-port', portOf(before.thingworx?.url), '--hub-port', portOf(before.iothub?.address)];
    const mqtt = ['--mqtt-port', portOf(before.iothub?.mqttAddress)];
    const second = await new SandboxProcess(['--devices', '2', '--state-dir', stateDir, ...ports, ...mqtt]).started();
    const after = second.ready;
    expect({ ...after, pid: 0, agent: undefined }).toEqual({ ...before, pid: 0, agent: undefined });
    expect(readFileSync(after.iothub?.caFile ?? '', 'utf8')).toBe(caBefore);
    const again = restOf(after);
    expect((await again.rows('GetJob', { jobId: 'kept-1' }))[0]).toMatchObject({
      status: 'completed',
      outcome: 'succeeded',
    });
    expect((await again.rows('FindJobs', { status: 'scheduled' })).map(({ jobId }) => jobId)).toEqual(['kept-2']);
    const targets = await again.invoke('PreviewTargets', { queryCondition: 'tags.kept = true' });
    expect(targets.json).toMatchObject({ deviceCount: 2, connectedCount: 2 });
    expect((await again.request('GET', '/Thingworx/Things/Pump7')).status).toBe(200);
    expect(await second.stop()).toEqual({ code: 0, signal: null });
    await first.stop();
  }, 60_000);
});
