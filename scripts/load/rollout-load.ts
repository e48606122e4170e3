/**
 * `node --import tsx scripts/load/rollout-load.ts [NAME...]`: roll-outs at full size, with agent, hub and platform in separate
 * processes. Prints the time, hub requests, size of the state and memory of the agent for each, and fails where a bound is
 * missed. Names: `s1`, `pace`, `large`, `idle`, `curve`; all but `curve`, which takes long, if omitted. Build first.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sandboxSchema } from '../../src/sandbox/options.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { writeAgentConfig } from '../../test/support/agent-config.js';
import { CommandProcess, SandboxProcess } from '../../test/support/sandbox-process.js';
import { RestCaller, type TableRow } from '../../test/support/thingworx-rest.js';

const MEBIBYTE = 1_048_576;
const FINAL: readonly unknown[] = ['completed', 'cancelled', 'failed'];
const OPEN_ROLLOUTS = 100;
const IDLE_MS = 60_000;
const COLLECT_EVERY_MS = 5000;

interface Size {
  readonly devices: number;
  readonly tier?: string;
  readonly batchSize?: number;
  readonly mostSeconds?: number;
  readonly mostGrowthBytes?: number;
}

const RUNS: Readonly<Record<string, readonly Size[]>> = {
  s1: [{ devices: 1000, tier: 'S1', mostSeconds: 150 }],
  pace: [{ devices: 10_000, batchSize: 1000, mostSeconds: 60 }],
  large: [{ devices: 100_000, batchSize: 5000, mostGrowthBytes: 64 * MEBIBYTE }],
  curve: [10_000, 100_000, 300_000, 1_000_000].map((devices) => ({ devices, batchSize: 5000 })),
};

/** Collects garbage and prints the memory in use when the agent receives SIGWINCH. */
const REPORT_MEMORY = `
require('node:v8').setFlagsFromString('--expose-gc');
const gc = require('node:vm').runInNewContext('gc');
process.on('SIGWINCH', () => { gc(); const { heapUsed, external } = process.memoryUsage(); process._rawDebug('in use: ' + (heapUsed + external)); });
`;

async function main(names: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-rollouts-'));
  writeFileSync(join(folder, 'memory.cjs'), REPORT_MEMORY);
  try {
    for (const name of names) {
      if (name === 'idle') await withAgent(folder, { devices: 100 }, idle);
      for (const size of RUNS[name] ?? []) await withAgent(folder, size, (agent) => runOne(agent, size));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A running agent between a hub and a platform. */
interface RunningAgent {
  readonly rest: RestCaller;
  readonly process: CommandProcess;
  readonly stateDir: string;
}

async function withAgent(
  folder: string,
  { devices, tier = 'unlimited' }: Size,
  run: (agent: RunningAgent) => Promise<void>,
): Promise<void> {
  const hub = await new SandboxProcess([
    'hub',
    '--devices',
    '0',
    '--light-devices',
    String(devices),
    '--tier',
    tier,
  ]).started();
  const platform = await startSandbox('platform', sandboxSchema.parse({ httpPort: 0 }));
  const { iothub } = hub.ready;
  const { thingworx } = platform.info;
  const stateDir = mkdtempSync(join(folder, 'state-'));
  const hubConfig = {
    connectionString: iothub?.connectionString,
    address: iothub?.address,
    caFile: iothub?.caFile,
    tier,
  };
  const file = writeAgentConfig(thingworx ? { thingworx } : {}, folder, {
    iothubs: { main: hubConfig },
    stateDir,
    admin: { port: 0 },
  });
  const child = new CommandProcess(['run', '--config', file], {
    NODE_OPTIONS: `--require ${join(folder, 'memory.cjs')}`,
  });
  try {
    const rest = new RestCaller(thingworx?.url ?? '', thingworx?.appKey ?? '', 'AzureIotHub');
    await child.printed('agent started');
    while ((await rest.invoke('FindJobs')).status !== 200) await pause(50);
    await run({ rest, process: child, stateDir });
  } finally {
    await child.stop();
    await platform.close();
    await hub.stop();
  }
}

async function runOne(agent: RunningAgent, { devices, tier = 'unlimited', ...size }: Size): Promise<void> {
  const { batchSize = devices, mostSeconds = Infinity, mostGrowthBytes = Infinity } = size;
  // What one batch needs in a new process does not count as growth.
  const warmUp = await roll(agent, {
    rolloutId: 'warm-up',
    deviceIds: { array: lightIds(tier === 'S1' ? 1 : batchSize) },
  });
  const requests = await hubRequests(agent);
  const cpu = cpuSeconds(agent);
  const { row, inUse, resident } = await roll(agent, { rolloutId: 'load', queryCondition: '*', batchSize });
  const { state, outcome, jobCount } = row as { readonly [name: string]: string | number };
  const seconds = (Number(row['endTime']) - Number(row['beginTime'])) / 1000;
  const prepared = (Number(row['beginTime']) - Number(row['createdTime'])) / 1000;
  print(
    `${devices} devices, ${tier}, batches of ${batchSize}: ${state} ${outcome}, ` +
      `${prepared.toFixed(1)} s to begin, then ${seconds.toFixed(1)} s, ${jobCount} jobs, ` +
      `${(await hubRequests(agent)) - requests} hub requests, state ${mebibytes(folderBytes(agent.stateDir))} MB, ` +
      `memory in use ${grown(warmUp.inUse, inUse)} MB, resident ${grown(warmUp.resident, resident)} MB, ` +
      `CPU ${(cpuSeconds(agent) - cpu).toFixed(1)} s, load ${loadavg()[0]?.toFixed(1)}`,
  );
  check(outcome === 'succeeded' && row['succeededCount'] === devices, 'not every device succeeded');
  check(seconds <= mostSeconds, `more than ${mostSeconds} s`);
  check(inUse - warmUp.inUse < mostGrowthBytes, 'the memory in use grows too much');
}

/** The end of a roll-out, and the most memory that the agent had meanwhile. */
interface Rolled {
  readonly row: TableRow;
  readonly inUse: number;
  readonly resident: number;
}

async function roll(agent: RunningAgent, parameters: object): Promise<Rolled> {
  let inUse = await bytesInUse(agent);
  let resident = 0;
  let row: TableRow;
  let nextMs = performance.now() + COLLECT_EVERY_MS;
  await agent.rest.result('StartRollout', { methodName: 'echo', ...parameters });
  do {
    await pause(200);
    resident = Math.max(resident, residentBytes(agent));
    if (performance.now() > nextMs) {
      inUse = Math.max(inUse, await bytesInUse(agent));
      nextMs = performance.now() + COLLECT_EVERY_MS;
    }
    row = (await agent.rest.rows('FindRollouts'))[0] as TableRow;
  } while (!FINAL.includes(row['state']));
  return { row, inUse, resident };
}

const lightIds = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `light-${String(index + 1).padStart(6, '0')}`);

/** Half of the roll-outs wait for their start, half soak. */
async function idle(agent: RunningAgent): Promise<void> {
  for (let index = 0; index < OPEN_ROLLOUTS; index += 1) {
    const soaks = index % 2 === 0;
    await agent.rest.result('StartRollout', {
      methodName: 'echo',
      rolloutId: `idle-${index}`,
      queryCondition: '*',
      batchSize: 50,
      ...(soaks ? { soakSeconds: 86_400 } : { startTime: new Date(Date.now() + 86_400_000).toISOString() }),
    });
  }
  const isIdle = ({ waitingFor }: TableRow): boolean => waitingFor === 'soak' || waitingFor === 'startTime';
  while (!(await agent.rest.rows('FindRollouts')).every(isIdle)) await pause(500);
  const beforeSeconds = cpuSeconds(agent);
  const beforeRequests = await hubRequests(agent);
  await pause(IDLE_MS);
  const used = cpuSeconds(agent) - beforeSeconds;
  print(
    `${OPEN_ROLLOUTS} open roll-outs, idle: ${used.toFixed(2)} CPU seconds and ` +
      `${(await hubRequests(agent)) - beforeRequests} hub requests a minute, ` +
      `memory in use ${mebibytes(await bytesInUse(agent))} MB, load ${loadavg()[0]?.toFixed(1)}`,
  );
}

/** Heap and buffers after a collection of garbage. */
async function bytesInUse({ process: { child }, process: agent }: RunningAgent): Promise<number> {
  const known = agent.stderr.length;
  child.kill('SIGWINCH');
  for (;;) {
    const found = /in use: (\d+)\n/.exec(agent.stderr.slice(known));
    if (found) return Number(found[1]);
    await pause(20);
  }
}

function residentBytes({ process: { child } }: RunningAgent): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

/** Processor time of the agent so far; the kernel counts in hundredths of a second. */
function cpuSeconds({ process: { child } }: RunningAgent): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function hubRequests({ process: agent }: RunningAgent): Promise<number> {
  const url = /"adminUrl":"([^"]+)"/.exec(agent.stdout + agent.stderr)?.[1] ?? '';
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/hub_requests_total\{[^}]*\} (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

const folderBytes = (folder: string): number =>
  Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t')[0]);

const grown = (before: number, after: number): string => `${mebibytes(before)} + ${mebibytes(after - before)}`;

const mebibytes = (bytes: number): string => (bytes / MEBIBYTE).toFixed(0);

function check(isGood: boolean, problem: string): void {
  if (isGood) return;
  print(`FAILED: ${problem}`);
  process.exitCode = 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const [, , ...names] = process.argv;
void main(names.length > 0 ? names : ['s1', 'pace', 'large', 'idle']);
