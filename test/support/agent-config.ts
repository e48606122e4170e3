import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadyInfo } from '../../src/sandbox/ready-file.js';

/** Writes the configuration of an agent between the two ends of a sandbox, and returns the file. */
export function writeAgentConfig(
  { thingworx, iothub }: Pick<ReadyInfo, 'thingworx' | 'iothub'>,
  folder: string,
  more: object = {},
): string {
  const file = join(folder, 'agent.yaml');
  const config = {
    thingworx: { url: thingworx?.wsUrl, appKey: thingworx?.appKey, allowInsecure: true },
    iothubs: {
      main: {
        connectionString: iothub?.connectionString,
        address: iothub?.address,
        caFile: iothub?.caFile,
        tier: 'unlimited',
      },
    },
    admin: { enabled: false },
    ...more,
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
