import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { buildBundle } from '../../../src/wrappers/build.js';
import { loadDescriptions } from '../../../src/wrappers/read-descriptions.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { RestCaller } from '../../support/thingworx-rest.js';

const wrappers = path.join(__dirname, '..', '..', '..', 'wrappers');

/** Wrappers whose payloads are single values, and conditions with names in double square brackets. */
const PAYLOADS = path.join(__dirname, '..', '..', 'fixtures', 'wrappers', 'payloads.yaml');

let ends: BothEnds;
let agent: Agent;
/** The agent's Thing, with the wrappers as remote services. */
let hubThing: RestCaller;
/** The Thing of the imported bundle, with the wrappers as scripts. */
let scripts: RestCaller;

/** The extension in a folder; its file name contains a version. */
async function zipIn(folder: string): Promise<string> {
  const files = await readdir(path.join(wrappers, folder));
  return files.find((file) => file.endsWith('.zip')) ?? '';
}

const upload = async (route: string, ...file: readonly string[]): Promise<Response> =>
  uploadBytes(route, file.at(-1) ?? '', await readFile(path.join(wrappers, ...file)));

async function uploadBytes(route: string, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  const form = new FormData();
  form.set('file', new Blob([bytes]), name);
  const headers = { appKey: APP_KEY, accept: 'application/json', 'X-XSRF-TOKEN': 'TWX-XSRF-TOKEN-VALUE' };
  return fetch(new URL(`/Thingworx/${route}?purpose=import`, ends.platform.url), {
    method: 'POST',
    headers,
    body: form,
  });
}

beforeAll(async () => {
  ends = await startBothEnds(1);
  const sites = ['A', 'A', 'B'];
  await ends.hub.addLightDevices(
    sites.map((site, index) => ({ deviceId: `site-${index}`, tags: { site, 'group-{group}': "it's" } })),
  );
  const config = await agentConfigFrom({
    ...ends.configuration,
    stateDir: path.join(ends.folder, 'state'),
    watch: { intervalSeconds: 0.1 },
    wrappers: [path.join(wrappers, 'device-maintenance.yaml'), PAYLOADS],
  });
  agent = createAgent(config, { withProcessMetrics: false });
  await agent.start();
  await agent.whenBound();
  hubThing = new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub');
  scripts = new RestCaller(ends.platform.url, APP_KEY, 'device-maintenance.DeviceMethods');
}, 30_000);

afterAll(async () => {
  await agent.stop();
  await ends.close();
});

/** The job that a service creates, as the hub received it. */
async function jobOf(thing: RestCaller, service: string, parameters: unknown): Promise<Record<string, unknown>> {
  const jobId = String(await thing.result(service, parameters));
  const { type, methodName, payload, patch, queryCondition, maxExecutionTimeInSeconds } = await hubThing.ended(jobId);
  return { type, methodName, payload: JSON.stringify(payload), patch, queryCondition, maxExecutionTimeInSeconds };
}

/** A roll-out once it has ended: its definition and its devices. */
async function rolloutOf(rolloutId: string): Promise<Record<string, unknown>> {
  const [row] = await eventually(
    () => hubThing.rows('GetRollout', { rolloutId }),
    ([rollout]) => ['completed', 'paused', 'failed'].includes(String(rollout?.['state'])),
  );
  const { state, outcome, methodName, queryCondition, description, definition } = row ?? {};
  const { json } = await hubThing.invoke('QueryRolloutDevices', { rolloutId });
  const { rows } = json as { readonly rows: readonly { readonly deviceId: string }[] };
  return {
    state,
    outcome,
    methodName,
    queryCondition,
    description,
    definition,
    devices: rows.map((d) => d.deviceId).sort(),
  };
}

const COMPONENTS = {
  dataShape: {
    fieldDefinitions: {
      component: { name: 'component', baseType: 'STRING' },
      sizeBytes: { name: 'sizeBytes', baseType: 'NUMBER' },
      mandatory: { name: 'mandatory', baseType: 'BOOLEAN' },
    },
  },
  rows: [{ component: "quote ' ]]> \u2028 😀", sizeBytes: 5, mandatory: false }, { component: 'b' }],
};

describe('the built bundle, imported', () => {
  it('is accepted by both imports', async () => {
    const extension = await upload('ExtensionPackageUploader', 'device-maintenance', await zipIn('device-maintenance'));
    expect({ status: extension.status, reason: extension.headers.get('x-sandbox-reason') }).toEqual({
      status: 200,
      reason: null,
    });
    const entities = await upload('Importer', 'device-maintenance', 'device-maintenance.xml');
    expect(await entities.text()).toBe('success');
  });

  it('creates the same jobs as the remote services', async () => {
    const calls: readonly (readonly [string, unknown])[] = [
      ['RebootDevices', { delaySeconds: 5, site: 'A' }],
      ['RebootDevices', { site: "O'Brien \\" }],
      ['CollectDiagnostics', { queryCondition: "tags.site = 'B'", detail: 'full', maxLogLines: 0 }],
      [
        'UpdateFirmware',
        {
          version: '1.2.3',
          components: COMPONENTS,
          notBefore: '2030-01-01T00:00:00.000Z',
          reboot: false,
          queryCondition: "deviceId = 'nobody'",
        },
      ],
      ['MoveToSite', { fromSite: 'nowhere', toSite: 'X', floor: 3 }],
    ];
    for (const [service, parameters] of calls) {
      expect(await jobOf(scripts, service, parameters)).toEqual(await jobOf(hubThing, service, parameters));
    }
  });

  it('reboots the devices of one site only', async () => {
    const jobId = String(await scripts.result('RebootDevices', { delaySeconds: 5, site: 'A' }));
    expect(await hubThing.ended(jobId)).toMatchObject({ outcome: 'succeeded', payload: { delaySeconds: 5 } });
    const query = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'`;
    const rows = await hubThing.rows('QueryJobResults', { query });
    expect(new Set(rows.map((row) => row['deviceId']))).toEqual(new Set(['site-0', 'site-1']));
  });

  it('starts the same roll-outs as the remote services, which reach the devices of the site or of the list', async () => {
    const calls: readonly (readonly [unknown, readonly string[]])[] = [
      [{ version: '1.2.3', site: 'A', components: COMPONENTS, canarySize: 1, batchSize: 1 }, ['site-0', 'site-1']],
      [
        {
          version: '1.2.3',
          site: 'A',
          deviceIds: { array: ['site-2', 'site-0'] },
          description: "it's",
          startTime: '2020-01-01T00:00:00.000Z',
          windows: { array: [] },
          timeZone: 'Europe/Berlin',
        },
        ['site-0', 'site-2'],
      ],
    ];
    for (const [parameters, devices] of calls) {
      const ends = [];
      for (const thing of [scripts, hubThing])
        ends.push(await rolloutOf(String(await thing.result('RolloutFirmware', parameters))));
      expect(ends[0]).toEqual(ends[1]);
      expect(ends[0]).toMatchObject({ state: 'completed', outcome: 'succeeded', devices });
    }
  });

  it('starts one roll-out for one id, whether a script or a remote service is called', async () => {
    const parameters = { version: '1.2.3', site: 'nowhere', rolloutId: 'once' };
    expect(await scripts.result('RolloutFirmware', parameters)).toBe('once');
    expect(await hubThing.result('RolloutFirmware', parameters)).toBe('once');
    const other = await scripts.invoke('RolloutFirmware', { ...parameters, site: 'elsewhere' });
    expect([other.status, other.text]).toEqual([500, expect.stringContaining('Another roll-out has the id once')]);
  });

  it('refuses with the same words', async () => {
    const refused = await scripts.invoke('RebootDevices', { delaySeconds: 601, site: 'A' });
    expect(refused.status).toBe(500);
    expect(refused.text).toContain("InvalidArgument: RebootDevices: parameter 'delaySeconds' must be at most 600");
  });
});

describe('a bundle whose payloads are single values, imported', () => {
  it('sends the same payloads to the same devices as the remote services', async () => {
    const [loaded] = await loadDescriptions([PAYLOADS]);
    const built = loaded && buildBundle(loaded.description).get('payloads/payloads.xml');
    expect((await uploadBytes('Importer', 'payloads.xml', new Uint8Array(built ?? []))).status).toBe(200);
    const payloads = new RestCaller(ends.platform.url, APP_KEY, 'payloads.DeviceMethods');
    const rows = { dataShape: { fieldDefinitions: { a: { name: 'a', baseType: 'STRING' } } }, rows: [{ a: 'x' }, {}] };
    const calls: readonly (readonly [string, unknown, string])[] = [
      ['SendJson', { v: { array: [1, { b: 2 }] } }, '[1,{"b":2}]'],
      ['SendJson', { v: { id: 'x' } }, '{"id":"x"}'],
      ['SendText', { v: 'text "quoted"' }, JSON.stringify('text "quoted"')],
      ['SendNumber', { v: 1.5 }, '1.5'],
      ['SendNumber', { v: 0 }, '0'],
      ['SendRows', { v: rows }, '[{"a":"x"},{}]'],
      ['SendToGroup', { group: "it's" }, '{}'],
    ];
    for (const [service, parameters, payload] of calls) {
      const seen: unknown[] = [];
      for (const thing of [payloads, hubThing]) {
        const jobId = String(await thing.result(service, parameters));
        expect(await hubThing.ended(jobId)).toMatchObject({ outcome: 'succeeded' });
        const query = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'`;
        const results = await hubThing.rows('QueryJobResults', { query });
        seen.push(results.map((row) => [row['deviceId'], JSON.stringify(row['methodPayload'])]));
      }
      expect(seen[0]).toEqual(seen[1]);
      const [[, echoed] = []] = seen[0] as [string, string][];
      expect([service, echoed]).toEqual([service, expect.stringContaining(payload)]);
    }
  });

  it('refuses whole numbers that cannot be represented exactly, as the remote services do', async () => {
    const answer = await hubThing.invoke('SendJson', '{"v": {"id": 7615917337495251231}}');
    expect(answer.status).toBe(500);
    expect(answer.text).toMatch(/\bid\b/);
  });
});

describe('the hub bundle, imported', () => {
  it('creates a Thing with the services of the agent that bound it', async () => {
    const answer = await upload('ExtensionPackageUploader', 'hub', await zipIn('hub'));
    expect({ status: answer.status, reason: answer.headers.get('x-sandbox-reason') }).toEqual({
      status: 200,
      reason: null,
    });
    const parameters = { methodName: 'echo', payload: [1], queryCondition: "tags.site = 'B'" };
    const jobId = String(await hubThing.result('AzureIotDeviceJobScheduleDeviceMethodJob', parameters));
    expect(await hubThing.ended(jobId)).toMatchObject({
      outcome: 'succeeded',
      deviceCount: 1,
      payload: { array: [1] },
    });
  });
});
