import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigurationInput } from '../../../src/agent/config/schema.js';
import { type LocalIotHub, startLocalIotHub } from '../../../src/sandbox/iothub/local-iot-hub.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../src/sandbox/thingworx/local-thingworx.js';

export const APP_KEY = 'test-application-key';

/** A local ThingWorx and a local hub with light devices, and a folder for files. */
export interface BothEnds {
  readonly platform: LocalThingWorx;
  readonly hub: LocalIotHub;
  readonly folder: string;
  /** A configuration that joins the two; admin on a free port. */
  readonly configuration: ConfigurationInput;
  /** Writes the configuration with changes at the top level into a file. */
  writeConfiguration(name: string, changes?: Partial<ConfigurationInput>): Promise<string>;
  close(): Promise<void>;
}

export async function startBothEnds(devices = 3, things: readonly string[] = ['AzureIotHub']): Promise<BothEnds> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-'));
  const platform = await startLocalThingWorx({ port: 0, appKey: APP_KEY, things: things.map((name) => ({ name })) });
  const hub = await startLocalIotHub({});
  const ids = Array.from({ length: devices }, (_, index) => ({ deviceId: `light-${index + 1}` }));
  await hub.addLightDevices(ids);
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, hub.caPem);
  const configuration: ConfigurationInput = {
    thingworx: { url: platform.wsUrl, allowInsecure: true, appKey: APP_KEY },
    iothubs: { main: { connectionString: hub.connectionString, address: hub.address, caFile, tier: 'unlimited' } },
    admin: { port: 0 },
    log: { level: 'fatal' },
  };
  return {
    platform,
    hub,
    folder,
    configuration,
    async writeConfiguration(name, changes = {}) {
      const file = join(folder, name);
      await writeFile(file, JSON.stringify({ ...configuration, ...changes }));
      return file;
    },
    async close() {
      await platform.close();
      await hub.close();
      await rm(folder, { recursive: true });
    },
  };
}
