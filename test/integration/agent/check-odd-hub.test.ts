import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { checkHub } from '../../../src/agent/check/check-hub.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { systemClock } from '../../../src/core/clock.js';
import { azureError, ScriptedHub } from '../../support/iothub/scripted-hub.js';

let folder: string;
let hub: ScriptedHub;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-odd-hub-'));
  hub = await ScriptedHub.start();
});

afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

async function verdictOf(step: string): Promise<unknown> {
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, hub.certificates.caPem);
  const { iothubs } = await agentConfigFrom({
    thingworx: { url: 'ws://localhost/Thingworx/WS', allowInsecure: true, appKey: 'key' },
    iothubs: { main: { connectionString: hub.connectionString, address: hub.address, caFile, tier: 'unlimited' } },
  });
  const steps = await checkHub(iothubs[0]!, { deviceManagement: false }, systemClock, () => undefined);
  return steps.find((candidate) => candidate.step === step);
}

it('infers the right to write from the refusal of a job that does not exist', async () => {
  await expect(verdictOf('right to create and cancel jobs')).resolves.toMatchObject({ verdict: 'ok' });
});

it.each([azureError('IotHubUnauthorizedAccess', 'Unauthorized'), '{"status":"ok"}', '{}', '<html>'])(
  'does not infer it from a response with status 200: %s',
  async (body) => {
    hub.decide = (request) => (request.path.includes('/cancel') ? { kind: 'body', body } : undefined);
    await expect(verdictOf('right to create and cancel jobs')).resolves.toMatchObject({ verdict: 'failed' });
  },
);
