import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAgent } from '../../../src/agent/agent.js';
import type { CheckStep } from '../../../src/agent/check/step.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import type { ConfigurationInput } from '../../../src/agent/config/schema.js';
import { systemClock } from '../../../src/core/clock.js';
import { ensureCertificates } from '../../../src/sandbox/certificates.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../src/sandbox/thingworx/local-thingworx.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { command } from '../../support/agent/command.js';

let ends: BothEnds;
let platform: LocalThingWorx;
let caFile: string;
beforeAll(async () => {
  ends = await startBothEnds(1);
  const { caPem, certPem, keyPem } = await ensureCertificates(undefined, ['localhost', '127.0.0.1'], systemClock);
  const options = { port: 0, appKey: APP_KEY, things: [{ name: 'AzureIotHub' }], tls: { certPem, keyPem } };
  platform = await startLocalThingWorx(options);
  caFile = join(ends.folder, 'thingworx-ca.pem');
  await writeFile(caFile, caPem);
});
afterAll(async () => {
  await platform.close();
  await ends.close();
});

const thingworx = (more: object = {}): ConfigurationInput['thingworx'] => ({
  url: `https://localhost:${platform.port}`,
  appKey: APP_KEY,
  ...more,
});

async function verdicts(changes: Partial<ConfigurationInput>): Promise<string[]> {
  const file = await ends.writeConfiguration('tls.json', changes);
  const { stdout } = await command(['check', '--config', file, '--output', 'json']);
  const { steps } = JSON.parse(stdout) as { steps: CheckStep[] };
  return steps.filter(({ end }) => end === 'thingworx').map(({ step, verdict }) => `${step}: ${verdict}`);
}

describe('over TLS', () => {
  it('check accepts a certificate of the configured authority', async () => {
    expect(await verdicts({ thingworx: thingworx({ caFile }) })).toEqual([
      'name: ok',
      'TLS: ok',
      'WebSocket: ok',
      'AUTH: ok',
      'BIND AzureIotHub: ok',
    ]);
  });

  it('check and agent refuse a certificate of an unknown authority', async () => {
    expect((await verdicts({ thingworx: thingworx() })).slice(0, 3)).toEqual([
      'name: ok',
      'TLS: failed',
      'WebSocket: skipped',
    ]);
  });

  it('the agent binds, and invoke trusts the authority in --ca-file', async () => {
    const config = await agentConfigFrom({ ...ends.configuration, thingworx: thingworx({ caFile }) });
    const agent = createAgent(config, { withProcessMetrics: false });
    await agent.start();
    await agent.whenBound();
    const env = { TWX_IOTHUB__THINGWORX__APPKEY: APP_KEY, TWX_IOTHUB__THINGWORX__URL: platform.url };
    const url = `https://localhost:${platform.port}/Thingworx`;
    const { status } = await command(['invoke', 'FindJobs', '--url', url, '--ca-file', caFile], { env });
    const untrusted = await command(['invoke', 'FindJobs', '--url', url], { env });
    await agent.stop();
    expect(status).toBe(0);
    expect(untrusted).toMatchObject({ status: 69, stderr: expect.stringContaining('cannot be reached') });
  });
});
