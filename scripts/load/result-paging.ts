/**
 * `tsx scripts/load/result-paging.ts [DEVICES]`: a job on 200,000 light devices, whose rows are read page by page through
 * the remote service. The agent runs in a process of its own, whose memory must not grow by 64 MB. Build first.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxSchema } from '../../src/sandbox/options.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { writeAgentConfig } from '../../test/support/agent-config.js';
import { CommandProcess } from '../../test/support/sandbox-process.js';
import { RestCaller } from '../../test/support/thingworx-rest.js';

const MEBIBYTE = 1_048_576;
const MOST_GROWTH_BYTES = 64 * MEBIBYTE;

interface Page {
  readonly rows: readonly { readonly deviceId: string }[];
  readonly continuationToken: string | null;
}

async function main(devices: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-paging-'));
  const options = { devices: 0, lightDevices: devices, httpPort: 0, hubPort: 0, mqttPort: 0 };
  const sandbox = await startSandbox('all', sandboxSchema.parse(options));
  const agent = new CommandProcess(['run', '--config', writeAgentConfig(sandbox.info, folder)]);
  try {
    await agent.printed('agent started');
    await walk(sandbox, agent, devices);
  } finally {
    await agent.stop();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function walk({ info }: Sandbox, agent: CommandProcess, devices: number): Promise<void> {
  const rest = new RestCaller(info.thingworx?.url ?? '', info.thingworx?.appKey ?? '', 'AzureIotHub');
  while ((await rest.invoke('FindJobs')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  const startedMs = performance.now();
  await rest.result('ScheduleDeviceMethodJob', { methodName: 'echo', jobId: 'paging' });
  await rest.ended('paging');
  const jobMs = performance.now() - startedMs;
  const query = "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'paging'";
  const whole = await rest.invoke('QueryJobResults', { query });
  const before = residentBytes(agent);
  let most = before;
  const seen = new Set<string>();
  let rows = 0;
  let continuationToken: string | null = null;
  do {
    const answer = await rest.invoke('QueryJobResultsPage', {
      query,
      ...(continuationToken ? { continuationToken } : {}),
    });
    if (answer.status !== 200) throw new Error(answer.text);
    const page = answer.json as Page;
    for (const { deviceId } of page.rows) seen.add(deviceId);
    rows += page.rows.length;
    ({ continuationToken } = page);
    most = Math.max(most, residentBytes(agent));
  } while (continuationToken !== null);
  const walkMs = performance.now() - startedMs - jobMs;
  const growth = most - before;
  process.stdout.write(
    `job ${(jobMs / 1000).toFixed(1)} s; ${rows} rows, ${seen.size} devices in ${(walkMs / 1000).toFixed(1)} s; ` +
      `agent ${(before / MEBIBYTE).toFixed(0)} MB, growth ${(growth / MEBIBYTE).toFixed(1)} MB\n` +
      `QueryJobResults: ${whole.status} ${whole.text.slice(0, 300)}\n`,
  );
  const isGood = rows === devices && seen.size === devices && growth < MOST_GROWTH_BYTES;
  process.exitCode = isGood && whole.text.includes('ResultTooLarge') ? 0 : 1;
}

function residentBytes({ child }: CommandProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

void main(Number(process.argv[2] ?? 200_000));
