import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import type { CheckStep } from '../../../src/agent/check/step.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { command } from '../../support/agent/command.js';

let ends: BothEnds;
beforeAll(async () => {
  ends = await startBothEnds();
});
afterAll(() => ends.close());

interface CheckReport {
  readonly ok: boolean;
  readonly steps: readonly CheckStep[];
}

const brief = (report: CheckReport): string[] =>
  report.steps.map(({ end, step, verdict }) => `${end}: ${step}: ${verdict}`);

async function check(changes: Parameters<BothEnds['writeConfiguration']>[1] = {}) {
  const file = await ends.writeConfiguration('check.json', changes);
  const { status, stdout } = await command(['check', '--config', file, '--output', 'json']);
  return { status, report: JSON.parse(stdout) as CheckReport };
}

describe('check', () => {
  it('reports success for each step of a working installation', async () => {
    const { status, report } = await check();
    expect(brief(report)).toEqual([
      'configuration: valid: ok',
      'thingworx: name: ok',
      'thingworx: connection: warning',
      'thingworx: WebSocket: ok',
      'thingworx: AUTH: ok',
      'thingworx: BIND AzureIotHub: ok',
      'iothub main: name: ok',
      'iothub main: TLS: ok',
      'iothub main: clock: ok',
      'iothub main: credentials: ok',
      'iothub main: right to read jobs: ok',
      'iothub main: right to query: ok',
      'iothub main: right to create and cancel jobs: ok',
    ]);
    expect({ status, ok: report.ok }).toEqual({ status: 0, ok: true });
  });

  it('prints a line for each step, with what to do about problems', async () => {
    const file = await ends.writeConfiguration('check.json');
    const { stdout } = await command(['check', '--config', file]);
    expect(stdout).toContain('ok       thingworx: AUTH: the application key is accepted\n');
    expect(stdout).toContain('\nNo step failed; 1 warning.\n');
  });

  it('warns about a Thing that is already connected', async () => {
    const agent = createAgent(await agentConfigFrom(ends.configuration), { withProcessMetrics: false });
    await agent.start();
    await agent.whenBound();
    const { status, report } = await check();
    await agent.stop();
    expect(brief(report)).toContain('thingworx: BIND AzureIotHub: warning');
    expect(status).toBe(0);
  });

  it('reports a Thing that ThingWorx does not know', async () => {
    const { status, report } = await check({ things: [{ name: 'AzureIotHub' }, { name: 'Missing' }] });
    expect(report.steps).toContainEqual(
      expect.objectContaining({
        step: 'BIND Missing',
        verdict: 'failed',
        detail: 'ThingWorx has no Thing named Missing',
      }),
    );
    expect(brief(report)).toContain('thingworx: BIND AzureIotHub: ok');
    expect(status).toBe(69);
  });

  it('reports a wrong application key as a failure of AUTH only', async () => {
    const { status, report } = await check({
      thingworx: { ...ends.configuration.thingworx, appKey: 'wrong-key' } as never,
    });
    expect(brief(report).slice(3, 6)).toEqual([
      'thingworx: WebSocket: ok',
      'thingworx: AUTH: failed',
      'thingworx: BIND AzureIotHub: skipped',
    ]);
    expect(brief(report)).toContain('iothub main: credentials: ok');
    expect(status).toBe(69);
  });

  it('reports a port on which no server listens', async () => {
    const { status, report } = await check({
      thingworx: { ...ends.configuration.thingworx, url: 'ws://127.0.0.1:1' } as never,
    });
    expect(brief(report).slice(1, 6)).toEqual([
      'thingworx: name: ok',
      'thingworx: connection: failed',
      'thingworx: WebSocket: skipped',
      'thingworx: AUTH: skipped',
      'thingworx: BIND AzureIotHub: skipped',
    ]);
    expect(report.steps[2]?.remedy).toContain('firewall');
    expect(status).toBe(69);
  });

  const hubWith = (changes: object): Parameters<typeof check>[0] => ({
    iothubs: { main: { ...ends.configuration.iothubs?.['main'], ...changes } },
  });

  it('reports a certificate that is not trusted', async () => {
    const { status, report } = await check(hubWith({ caFile: undefined }));
    expect(report.steps).toContainEqual(
      expect.objectContaining({ step: 'TLS', verdict: 'failed', remedy: expect.stringContaining('caFile') }),
    );
    expect(status).toBe(69);
  });

  it('reports a refused key', async () => {
    const connectionString = ends.hub.connectionString.replace(/SharedAccessKey=.*/, 'SharedAccessKey=d3Jvbmc=');
    const { status, report } = await check(hubWith({ connectionString }));
    expect(brief(report).slice(-4)).toEqual([
      'iothub main: credentials: failed',
      'iothub main: right to read jobs: skipped',
      'iothub main: right to query: skipped',
      'iothub main: right to create and cancel jobs: skipped',
    ]);
    expect(JSON.stringify(report)).not.toContain('d3Jvbmc=');
    expect(status).toBe(69);
  });

  it('reports which right is missing', async () => {
    const connectionString = ends.hub.policyConnectionString('registryRead');
    const { status, report } = await check(hubWith({ connectionString }));
    expect(brief(report).slice(-4)).toEqual([
      'iothub main: credentials: ok',
      'iothub main: right to read jobs: ok',
      'iothub main: right to query: failed',
      'iothub main: right to create and cancel jobs: failed',
    ]);
    expect(report.steps.at(-1)?.remedy).toMatch(
      /^grant the policy the right "registry write", which ScheduleTwinUpdateJob, .*\bStartRollout\b.* need$/,
    );
    expect(status).toBe(69);
  });

  it('tries the right to manage devices only while the services for it are switched on', async () => {
    const managing = { services: { deviceManagement: true } };
    const { status, report } = await check(managing);
    expect(brief(report).at(-1)).toBe('iothub main: right to create and delete devices: ok');
    expect(status).toBe(0);
    const reader = hubWith({ connectionString: ends.hub.policyConnectionString('registryRead') });
    const refused = await check({ ...managing, ...reader });
    expect(brief(refused.report).at(-1)).toBe('iothub main: right to create and delete devices: failed');
    expect(refused.report.steps.at(-1)?.remedy).toContain('CreateDevice');
    expect(refused.status).toBe(69);
  });

  it('exits with 78 for an invalid configuration', async () => {
    const file = await ends.writeConfiguration('wrong.json', { log: { level: 'loud' } as never });
    const { status, stderr } = await command(['check', '--config', file]);
    expect(status).toBe(78);
    expect(stderr).toContain('log.level: must be one of');
  });
});

const ECHO_WRAPPER = {
  bundle: { name: 'echo', version: '1.0.0' },
  services: [
    {
      name: 'Echo',
      kind: 'deviceMethod',
      methodName: 'echo',
      parameters: [
        { name: 'text', baseType: 'STRING' },
        { name: 'count', baseType: 'INTEGER' },
      ],
    },
  ],
};

describe('invoke', () => {
  let agent: Agent;
  let keyFile: string;
  beforeAll(async () => {
    keyFile = join(ends.folder, 'key');
    await writeFile(keyFile, `${APP_KEY}\n`);
    await chmod(keyFile, 0o600);
    const wrappers = [join(ends.folder, 'wrappers.json')];
    await writeFile(wrappers[0] as string, JSON.stringify(ECHO_WRAPPER));
    agent = createAgent(await agentConfigFrom({ ...ends.configuration, wrappers }), { withProcessMetrics: false });
    await agent.start();
    await agent.whenBound();
  });
  afterAll(() => agent.stop());

  const invoke = (...args: readonly string[]) =>
    command(['invoke', ...args, '--url', ends.platform.url, '--app-key-file', keyFile]);

  it('prints a scalar as it is, and a table as text or JSON', async () => {
    const scheduled = await invoke(
      'ScheduleDeviceMethodJob',
      '-p',
      'methodName=echo',
      '-p',
      'payload={"a":1}',
      '-p',
      'jobId=inv-1',
    );
    expect(scheduled).toEqual({ status: 0, stdout: 'inv-1\n', stderr: '' });
    const job = await invoke('GetJob', '-p', 'jobId=inv-1');
    expect(job.stdout).toMatch(/^jobId +inv-1$/m);
    expect(job.stdout).toMatch(/^payload +\{"a":1\}$/m);
    const json = await invoke('GetJob', '-p', 'jobId=inv-1', '--output', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      rows: [{ jobId: 'inv-1', methodName: 'echo', payload: { a: 1 } }],
    });
  });

  it('reads parameters from a file, over which --param takes precedence', async () => {
    const parameters = join(ends.folder, 'parameters.json');
    await writeFile(parameters, JSON.stringify({ methodName: 'echo', jobId: 'from-file', payload: { a: 'text' } }));
    const { stdout } = await invoke('ScheduleDeviceMethodJob', '--json', parameters, '-p', 'jobId=from-flag');
    expect(stdout).toBe('from-flag\n');
  });

  it('follows a job to its end and exits with 0 if it has succeeded', async () => {
    const { status, stdout } = await invoke('ScheduleDeviceMethodJob', '-p', 'methodName=echo', '--wait');
    expect(stdout).toMatch(/succeeded: devices 3, succeeded 3, failed 0, refused 0\n$/);
    expect(status).toBe(0);
  });

  it('lists the devices that failed, and exits with 1', async () => {
    const { status, stdout } = await invoke('ScheduleDeviceMethodJob', '-p', 'methodName=failing', '--wait');
    expect(stdout).toContain('completedWithErrors: devices 3, succeeded 3, failed 0, refused 3');
    expect(stdout).toMatch(/^light-2 +500 +returned 500$/m);
    expect(status).toBe(1);
    const json = await invoke('ScheduleDeviceMethodJob', '-p', 'methodName=failing', '--wait', '--output', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      job: { outcome: 'completedWithErrors' },
      failedDevices: [{ methodStatus: 500 }, { methodStatus: 500 }, { methodStatus: 500 }],
    });
  });

  it('reads the types of a wrapper from the Thing', async () => {
    const { status, stdout } = await invoke('Echo', '-p', 'text=7', '-p', 'count=7', '--wait');
    expect({ status, isDone: stdout.includes('succeeded: devices 3') }).toEqual({ status: 0, isDone: true });
    const job = await invoke('GetJob', '-p', `jobId=${stdout.split('\n')[0]}`, '-o', 'json');
    expect(JSON.parse(job.stdout)).toMatchObject({ rows: [{ payload: { text: '7', count: 7 } }] });
    const wrong = await invoke('Echo', '-p', 'count=many');
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('--param count: must be an integer') });
  });

  it('shows the reason of an error of the service', async () => {
    const { status, stderr } = await invoke('GetJob', '-p', 'jobId=none');
    expect(stderr).toContain('JobNotFound');
    expect(status).toBe(1);
  });

  it('distinguishes a refused key from an unreachable end', async () => {
    const env = { TWX_IOTHUB__THINGWORX__APPKEY: 'wrong' };
    const refused = await command(['invoke', 'FindJobs', '--url', ends.platform.url], { env });
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('rejects the application key') });
    const away = await command(['invoke', 'FindJobs', '--url', 'http://127.0.0.1:1'], { env });
    expect(away).toMatchObject({ status: 69, stderr: expect.stringContaining('cannot be reached') });
  });
});
