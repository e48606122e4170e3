import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { RestCaller } from '../../support/thingworx-rest.js';

const DESCRIPTION = path.join(__dirname, '..', '..', '..', 'wrappers', 'device-maintenance.yaml');

const PATTERNS = path.join(__dirname, '..', '..', 'fixtures', 'wrappers', 'patterns.yaml');

let ends: BothEnds;
let agent: Agent;
let thing: RestCaller;

beforeAll(async () => {
  ends = await startBothEnds(1);
  await ends.hub.addLightDevices(
    ['A', 'A', "B'"].map((site, index) => ({ deviceId: `site-${index}`, tags: { site } })),
  );
  const config = await agentConfigFrom({ ...ends.configuration, wrappers: [DESCRIPTION, PATTERNS] });
  agent = createAgent(config, { withProcessMetrics: false });
  await agent.start();
  await agent.whenBound();
  thing = new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub');
}, 30_000);

afterAll(async () => {
  await agent.stop();
  await ends.close();
});

const results = (jobId: string): ReturnType<RestCaller['rows']> =>
  thing.rows('QueryJobResults', { query: `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'` });

describe('wrappers as remote services', () => {
  it('reboot the devices of one site only, with the payload built from parameters', async () => {
    const jobId = String(await thing.result('RebootDevices', { delaySeconds: 5, site: 'A' }));
    expect(await thing.ended(jobId)).toMatchObject({
      outcome: 'succeeded',
      methodName: 'reboot',
      payload: { delaySeconds: 5 },
      queryCondition: "tags.site = 'A'",
    });
    const rows = await results(jobId);
    expect(new Set(rows.map((row) => row['deviceId']))).toEqual(new Set(['site-0', 'site-1']));
    const answer = { rebooting: true, delaySeconds: 5 };
    expect(rows.map((row) => row['methodPayload'])).toEqual([answer, answer]);
  });

  it('apply defaults, and quote values in conditions', async () => {
    const jobId = String(await thing.result('RebootDevices', { site: "B'" }));
    expect(await thing.ended(jobId)).toMatchObject({ deviceCount: 1, payload: { delaySeconds: 5 } });
  });

  it('convert InfoTables to rows', async () => {
    const fieldDefinitions = {
      component: { name: 'component', baseType: 'STRING' },
      version: { name: 'version', baseType: 'STRING' },
      sizeBytes: { name: 'sizeBytes', baseType: 'NUMBER' },
    };
    const components = { dataShape: { fieldDefinitions }, rows: [{ component: 'app', sizeBytes: 9007199254740991 }] };
    const notBefore = '2030-01-01T00:00:00.000Z';
    const jobId = String(
      await thing.result('UpdateFirmware', {
        version: '1.2.3',
        components,
        notBefore,
        queryCondition: "deviceId = 'nobody'",
        maxExecutionTimeInSeconds: 10,
      }),
    );
    expect(await thing.ended(jobId)).toMatchObject({
      outcome: 'noTargets',
      maxExecutionTimeInSeconds: 10,
      payload: {
        version: '1.2.3',
        components: [{ component: 'app', sizeBytes: 9007199254740991 }],
        notBefore,
        options: { reboot: true, protocol: 1 },
      },
    });
  });

  it('update twins', async () => {
    const jobId = String(await thing.result('MoveToSite', { fromSite: 'A', toSite: 'C' }));
    expect(await thing.ended(jobId)).toMatchObject({
      outcome: 'succeeded',
      deviceCount: 2,
      patch: { tags: { site: 'C' } },
    });
  });

  it('name the parameter that they refuse', async () => {
    const refused = await thing.invoke('RebootDevices', { delaySeconds: 601, site: 'A' });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.text).toContain("RebootDevices: parameter 'delaySeconds' must be at most 600");
    expect((await thing.invoke('RebootDevices', {})).text).toContain('site');
  });

  it.each([
    ['SendSerial', `${'A'.repeat(4095)}!`, /parameter 'serial' must match/],
    ['SendFar', 'x'.repeat(4096), /parameter 'serial' must match/],
  ])(
    'answer a call of %s whose text takes many steps to match, and the calls after it',
    async (service, serial, refusal) => {
      const refused = await Promise.all(Array.from({ length: 4 }, () => thing.invoke(service, { serial })));
      for (const { text } of refused) expect(text).toMatch(refusal);
      expect((await thing.invoke('RebootDevices', { site: 'A' })).status).toBe(200);
    },
  );

  it('are listed by GetMetadata', async () => {
    const metadata = (await thing.invoke('GetRemoteMetadata')).json as {
      readonly serviceDefinitions?: Readonly<Record<string, unknown>>;
    };
    expect(Object.keys(metadata.serviceDefinitions ?? {})).toEqual(
      expect.arrayContaining([
        'RebootDevices',
        'UpdateFirmware',
        'CollectDiagnostics',
        'SetTelemetryInterval',
        'MoveToSite',
      ]),
    );
  });
});
