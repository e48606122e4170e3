import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SandboxProcess } from '../../test/support/sandbox-process.js';
import type { Measured, Rate } from './compare.js';
import { AgentUnderLoad, cpuMicrosOf, residentBytesOf, startHub } from './hub-ends.js';
import { median, type PairedBenchmark, Shared, type Side } from './paired.js';

const MEBIBYTE = 1_048_576;
const BIN = join(__dirname, '../../bin/twx-iothub.js');
const IDLE_SCRIPT = 'setInterval(() => undefined, 1000)';
/** Start-up settles first: lists are read, and code that ran once is collected. */
const SETTLE_MS = 3000;
const IDLE_WINDOW_MS = 15_000;
const IDLE_WINDOWS = 3;
const OPEN_ROLLOUTS = 100;

/** How long the command takes to start, and what it occupies while nothing happens, beside a bare Node.js process. */
export function processBenchmarks(): PairedBenchmark[] {
  const hub = (): Shared<SandboxProcess> =>
    new Shared(
      () => startHub(),
      (opened) => opened.stop(),
    );
  const hubToStart = hub();
  const hubToRest = hub();
  return [
    { name: 'start.ready', unit: 'ms', ours: () => openAgentStart(hubToStart), reference: () => openRun(['-e', '']) },
    { name: 'start.help', unit: 'ms', ours: () => openRun([BIN, '--help']), reference: () => openRun(['-e', '']) },
    { name: 'memory.idle', unit: 'MB', ours: () => openAgentMemory(hubToRest), reference: openNodeMemory },
  ];
}

/** From the start of the process until its Thing is bound on the platform. */
async function openAgentStart(hub: Shared<SandboxProcess>): Promise<Side> {
  const opened = await hub.use();
  return {
    measure: async () => {
      const startMs = performance.now();
      const agent = await AgentUnderLoad.start(opened);
      const value = performance.now() - startMs;
      await agent.close();
      return { value };
    },
    close: () => hub.leave(),
  };
}

/** A process that ends by itself. */
async function openRun(args: readonly string[]): Promise<Side> {
  return {
    measure: async () => {
      const startMs = performance.now();
      const child = spawn(process.execPath, args, { stdio: 'ignore' });
      await once(child, 'exit');
      return { value: performance.now() - startMs };
    },
    close: async () => undefined,
  };
}

async function openAgentMemory(hub: Shared<SandboxProcess>): Promise<Side> {
  const agent = await AgentUnderLoad.start(await hub.use());
  return {
    measure: async () => {
      await pause(SETTLE_MS);
      return { value: residentBytesOf(agent.pid) / MEBIBYTE };
    },
    close: async () => {
      await agent.close();
      await hub.leave();
    },
  };
}

async function openNodeMemory(): Promise<Side> {
  const child = spawn(process.execPath, ['-e', IDLE_SCRIPT], { stdio: 'ignore' });
  return {
    measure: async () => {
      await pause(SETTLE_MS);
      return { value: residentBytesOf(child.pid) / MEBIBYTE };
    },
    close: async () => void child.kill(),
  };
}

/**
 * The processor time of agents to which nothing happens, in seconds a minute: for two tiers, without roll-outs and with 100
 * open ones. All agents and the bare process rest in the same time, so that a busy moment falls on all of them.
 */
export async function measureIdleCpu(): Promise<Measured[]> {
  const hub = await startHub(['--light-devices', '10']);
  const node = spawn(process.execPath, ['-e', IDLE_SCRIPT], { stdio: 'ignore' });
  const agents: { readonly name: string; readonly agent: AgentUnderLoad }[] = [];
  try {
    for (const tier of ['S1', 'unlimited'])
      for (const rollouts of [0, OPEN_ROLLOUTS])
        agents.push({ name: `idle.cpu.${tier}.${rollouts}`, agent: await openIdleAgent(hub, tier, rollouts) });
    await pause(SETTLE_MS);
    const windows: number[][] = [];
    for (let window = 0; window < IDLE_WINDOWS; window += 1)
      windows.push(await usedIn(IDLE_WINDOW_MS, [node.pid, ...agents.map(({ agent }) => agent.pid)]));
    const rateOf = (at: number): Rate => {
      const values = windows.map((used) => used[at] ?? 0);
      return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
    };
    const reference = rateOf(0);
    return agents.map(({ name }, index) => {
      const ours = rateOf(index + 1);
      return { name, unit: 'CPU s/min', ours, reference, ratio: ours.median / reference.median };
    });
  } finally {
    for (const { agent } of agents) await agent.close();
    node.kill();
    await hub.stop();
  }
}

async function openIdleAgent(
  { ready }: Pick<SandboxProcess, 'ready'>,
  tier: string,
  rollouts: number,
): Promise<AgentUnderLoad> {
  const { connectionString, address, caFile } = ready.iothub ?? {};
  const agent = await AgentUnderLoad.start(
    { ready },
    { keepsState: true, iothubs: { main: { connectionString, address, caFile, tier } } },
  );
  const startTime = ['DATETIME', new Date(Date.now() + 86_400_000)] as const;
  for (let at = 0; at < rollouts; at += 1)
    await agent.generator.invoke('AzureIotHub', 'StartRollout', {
      rolloutId: `idle-${tier}-${at}`,
      methodName: 'echo',
      queryCondition: '*',
      startTime,
    });
  return agent;
}

/** The processor time that each process uses in the next `durationMs`, in seconds a minute. */
async function usedIn(durationMs: number, pids: readonly (number | undefined)[]): Promise<number[]> {
  const before = pids.map(cpuMicrosOf);
  await pause(durationMs);
  return pids.map((pid, at) => ((cpuMicrosOf(pid) - (before[at] ?? 0)) / durationMs) * 0.06);
}
