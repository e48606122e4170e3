import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command } from '../support/agent/command.js';
import { SandboxProcess } from '../support/sandbox-process.js';
import { RestCaller } from '../support/thingworx-rest.js';
import { eventually } from '../support/eventually.js';

const BUNDLE = join(__dirname, '../../wrappers/device-maintenance');

describe('wrapper services, from the description to the devices', () => {
  const sandbox = new SandboxProcess();
  let hub: RestCaller;

  beforeAll(async () => {
    const { thingworx } = (await sandbox.started()).ready;
    hub = new RestCaller(thingworx?.url ?? '', thingworx?.appKey ?? '', thingworx?.thing ?? '');
  }, 60_000);

  afterAll(async () => {
    await sandbox.stop();
  });

  const upload = async (path: string, file: string): Promise<string> => {
    const form = new FormData();
    form.append('file', new Blob([readFileSync(join(BUNDLE, file))]), file);
    const headers = { appKey: hub.appKey, 'X-XSRF-TOKEN': 'TWX-XSRF-TOKEN-VALUE' };
    const answer = await fetch(new URL(path, hub.url), { method: 'POST', headers, body: form });
    expect(answer.status).toBe(200);
    return answer.text();
  };

  const idsOf = (rows: readonly { readonly [name: string]: unknown }[]): string[] =>
    rows.map(({ deviceId }) => String(deviceId)).sort();

  /** Reboots the devices of a site through a Thing's service; returns what the job sent and which devices responded. */
  const reboot = async (thing: RestCaller, site: string) => {
    const jobId = String(await thing.result('RebootDevices', { delaySeconds: 5, site }));
    const job = await hub.ended(jobId);
    const query = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'`;
    return { job, rows: await hub.rows('QueryJobResults', { query }) };
  };

  it('reaches only the devices of one site through the service that the agent offers', async () => {
    const preview = await hub.invoke('PreviewTargets', { queryCondition: "tags.site = 'lyon'" });
    const { sample } = preview.json as { sample: { deviceId: string }[] };
    const { job, rows } = await reboot(hub, 'lyon');
    expect(job).toMatchObject({ methodName: 'reboot', payload: { delaySeconds: 5 }, outcome: 'succeeded' });
    expect(idsOf(rows)).toEqual(idsOf(sample));
    expect(rows.map((row) => row['methodPayload'])).toEqual(sample.map(() => ({ rebooting: true, delaySeconds: 5 })));
  });

  it.each([
    ['an extension', '/Thingworx/ExtensionPackageUploader?purpose=import', 'device-maintenance-1.0.0.zip'],
    ['a file', '/Thingworx/Importer?purpose=import', 'device-maintenance.xml'],
  ])('does the same through the script of %s', async (_what, path, file) => {
    await upload(path, file);
    const { job, rows } = await reboot(
      new RestCaller(hub.url, hub.appKey, 'device-maintenance.DeviceMethods'),
      'porto',
    );
    const other = await reboot(hub, 'porto');
    for (const name of [
      'methodName',
      'payload',
      'queryCondition',
      'outcome',
      'deviceCount',
      'maxExecutionTimeInSeconds',
    ])
      expect(job[name]).toEqual(other.job[name]);
    expect(idsOf(rows)).toEqual(idsOf(other.rows));
    expect(rows.length).toBeGreaterThan(0);
  });

  it('passes a table to the devices, which report the versions that they then have', async () => {
    const components = { rows: [{ component: 'app', version: '2.0.0', mandatory: true }] };
    const jobId = String(await hub.result('UpdateFirmware', { version: '2.0.0', components }));
    expect(await hub.ended(jobId)).toMatchObject({
      outcome: 'succeeded',
      payload: { version: '2.0.0', components: [{ component: 'app', version: '2.0.0', mandatory: true }] },
    });
    const queryCondition = "properties.reported.components.app = '2.0.0'";
    const preview = await eventually(
      () => hub.invoke('PreviewTargets', { queryCondition }),
      ({ json }) => (json as { deviceCount: number }).deviceCount === 10,
    );
    expect(preview.status).toBe(200);
  });

  it('starts a roll-out that the command follows to its end, when the devices report the version', async () => {
    const { status, stdout } = await command(
      [
        'invoke',
        'RolloutFirmware',
        '-p',
        'version=2.1.0',
        '-p',
        'site=lyon',
        '--wait',
        '--output',
        'json',
        '--url',
        hub.url,
      ],
      { env: { TWX_IOTHUB__THINGWORX__APPKEY: hub.appKey } },
    );
    const { rollout, failedDevices } = JSON.parse(stdout) as {
      readonly rollout: object;
      readonly failedDevices: object[];
    };
    expect({ status, failedDevices }).toEqual({ status: 0, failedDevices: [] });
    expect(rollout).toMatchObject({ state: 'completed', outcome: 'succeeded', queryCondition: "tags.site = 'lyon'" });
    const queryCondition = "tags.site = 'lyon' AND properties.reported.firmware = '2.1.0'";
    const { json } = await hub.invoke('PreviewTargets', { queryCondition });
    expect(rollout).toMatchObject({ succeededCount: (json as { deviceCount: number }).deviceCount });
  });

  it('sets desired properties and moves devices by their tags', async () => {
    await hub.ended(String(await hub.result('SetTelemetryInterval', { intervalSeconds: 17 })));
    await hub.ended(String(await hub.result('MoveToSite', { fromSite: 'porto', toSite: "l'Aquila", floor: 3 })));
    const queryCondition = "tags.site = 'l\\'Aquila' AND properties.desired.telemetryIntervalSeconds = 17";
    const { json } = await hub.invoke('PreviewTargets', { queryCondition });
    expect((json as { deviceCount: number }).deviceCount).toBeGreaterThan(0);
  });

  it('rejects a value that is out of bounds before creating a job, in both forms', async () => {
    const imported = new RestCaller(hub.url, hub.appKey, 'device-maintenance.DeviceMethods');
    for (const thing of [hub, imported]) {
      const answer = await thing.invoke('RebootDevices', { delaySeconds: 601, site: 'lyon' });
      expect(answer).toMatchObject({ status: 500, text: expect.stringContaining('delaySeconds') });
    }
  });
});
