import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { type LocalIotHub, startLocalIotHub } from '../../../src/sandbox/iothub/local-iot-hub.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../src/sandbox/thingworx/local-thingworx.js';
import { startHttpProxy } from '../../support/raw-proxy.js';
import { RestCaller } from '../../support/thingworx-rest.js';

describe('an agent behind HTTP proxies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-proxy-'));
  let hub: LocalIotHub;
  let platform: LocalThingWorx;
  let proxy: Awaited<ReturnType<typeof startHttpProxy>>;
  let agent: Agent;

  beforeEach(async () => {
    hub = await startLocalIotHub({});
    platform = await startLocalThingWorx({ port: 0, things: [{ name: 'AzureIotHub' }] });
    proxy = await startHttpProxy();
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, hub.caPem);
    const config = await agentConfigFrom({
      thingworx: { url: platform.wsUrl, appKey: platform.appKey, allowInsecure: true, proxy: proxy.url },
      iothubs: {
        main: {
          connectionString: hub.connectionString,
          address: hub.address,
          caFile,
          tier: 'unlimited',
          proxy: proxy.url,
        },
      },
      admin: { enabled: false },
    });
    agent = new Agent(config, { log: createLogger({ level: 'fatal', secrets: [] }), withProcessMetrics: false });
  });

  afterEach(async () => {
    await agent.stop();
    await platform.close();
    await hub.close();
    await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('reaches both ends through them', async () => {
    await agent.start();
    await agent.whenBound();
    const rest = new RestCaller(platform.url, platform.appKey, 'AzureIotHub');
    expect(await rest.rows('FindJobs')).toEqual([]);
    expect(new Set(proxy.targets)).toEqual(new Set([`127.0.0.1:${platform.port}`, hub.address]));
  });
});
