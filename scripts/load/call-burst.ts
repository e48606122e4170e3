/**
 * `tsx scripts/load/call-burst.ts [CALLS]`: 500 service calls at once on a hub with the limits of S1. Each one must succeed
 * or be refused with HubThrottled before the platform's timeout. Build first.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxSchema } from '../../src/sandbox/options.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { writeAgentConfig } from '../../test/support/agent-config.js';
import { CommandProcess } from '../../test/support/sandbox-process.js';
import { RestCaller } from '../../test/support/thingworx-rest.js';

const PLATFORM_TIMEOUT_MS = 30_000;

async function main(calls: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-burst-'));
  const options = { devices: 0, lightDevices: 5, httpPort: 0, hubPort: 0, mqttPort: 0, tier: 'S1' };
  const sandbox = await startSandbox('all', sandboxSchema.parse(options));
  const { thingworx, iothub } = sandbox.info;
  const hubs = {
    main: { connectionString: iothub?.connectionString, address: iothub?.address, caFile: iothub?.caFile },
  };
  const agent = new CommandProcess(['run', '--config', writeAgentConfig(sandbox.info, folder, { iothubs: hubs })]);
  try {
    await agent.printed('agent started');
    const rest = new RestCaller(thingworx?.url ?? '', thingworx?.appKey ?? '', 'AzureIotHub');
    while ((await rest.invoke('FindJobs', { maxItems: 1 })).status !== 200) await new Promise(setImmediate);
    await burst(rest, calls);
  } finally {
    await agent.stop();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function burst(rest: RestCaller, calls: number): Promise<void> {
  const kinds = new Map<string, number>();
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: calls }, async () => {
      const { status, text } = await rest.invoke('FindJobs');
      const kind = status === 200 ? 'served' : (/ : (\w+): /.exec(text)?.[1] ?? `${status} ${text.slice(0, 80)}`);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }),
  );
  const ms = performance.now() - startedMs;
  process.stdout.write(`${JSON.stringify(Object.fromEntries(kinds))}, the last after ${(ms / 1000).toFixed(1)} s\n`);
  const answered = (kinds.get('served') ?? 0) + (kinds.get('HubThrottled') ?? 0);
  process.exitCode = answered === calls && ms < PLATFORM_TIMEOUT_MS ? 0 : 1;
}

void main(Number(process.argv[2] ?? 500));
