import { AgentUnderLoad, cpuMicrosOf, residentBytesOf, startHub, startSdk } from './hub-ends.js';
import type { Measured } from './compare.js';
import { measurePair, type PairedBenchmark, Shared, type Side } from './paired.js';
import type { SandboxProcess } from '../../test/support/sandbox-process.js';

const DEVICES = 10_000;
const JOBS = 10;
const ROWS = DEVICES * JOBS;
const PAGE_SIZE = 1000;
const MEBIBYTE = 1_048_576;
const QUERY = "SELECT * FROM devices.jobs WHERE devices.jobs.jobType = 'scheduleDeviceMethod'";

/** The results of jobs, read page by page through the agent, beside the SDK's paging of the same query. */
export async function measureResults(): Promise<Measured[]> {
  const memory: number[] = [];
  const rows = await measurePair(benchmark((bytes) => memory.push(bytes / MEBIBYTE)));
  const grown = memory.sort((a, b) => a - b);
  const [min = 0, max = 0] = [grown[0], grown.at(-1)];
  const growth = { median: grown[Math.floor(grown.length / 2)] ?? 0, min, max };
  const bound = { median: 64, min: 64, max: 64 };
  return [rows, { name: 'results.100k.memory', unit: 'MB', ours: growth, reference: bound, ratio: growth.median / 64 }];
}

function benchmark(onGrowth: (bytes: number) => void): PairedBenchmark {
  const hub = new Shared(startFilledHub, (opened) => opened.stop());
  return {
    name: 'results.100k',
    unit: 'rows/s',
    ours: () => openAgent(hub, onGrowth),
    reference: () => openSdk(hub),
  };
}

/** A hub that has completed as many jobs as make 100,000 results. */
async function startFilledHub(): Promise<SandboxProcess> {
  const hub = await startHub(['--light-devices', String(DEVICES)]);
  const sdk = await startSdk(hub);
  for (let job = 0; job < JOBS; job += 1) await sdk.ask({ ask: 'runJob', jobId: `fill-${job}` });
  await sdk.stop();
  return hub;
}

async function openAgent(hub: Shared<SandboxProcess>, onGrowth: (bytes: number) => void): Promise<Side> {
  const agent = await AgentUnderLoad.start(await hub.use());
  const restBytes = residentBytesOf(agent.pid);
  return {
    measure: async () => {
      const before = cpuMicrosOf(agent.pid);
      const startMs = performance.now();
      let most = 0;
      const rows = await walk(agent, () => (most = Math.max(most, residentBytesOf(agent.pid))));
      if (rows !== ROWS) throw new Error(`read ${rows} rows in place of ${ROWS}`);
      onGrowth(most - restBytes);
      const cpuMicros = (cpuMicrosOf(agent.pid) - before) / ROWS;
      return { value: (ROWS * 1000) / (performance.now() - startMs), cpuMicros };
    },
    close: async () => {
      await agent.close();
      await hub.leave();
    },
  };
}

/** Reads all pages and returns the number of rows. */
async function walk({ generator }: AgentUnderLoad, onPage: () => void): Promise<number> {
  let rows = 0;
  let token: string | null = null;
  do {
    const parameters = { query: QUERY, maxItems: ['INTEGER', PAGE_SIZE] as const };
    const continuation: object = token === null ? {} : { continuationToken: token };
    const [row] = await generator.invoke('AzureIotHub', 'QueryJobResultsPage', { ...parameters, ...continuation });
    const page = row?.['result'] as { readonly rows: readonly unknown[]; readonly continuationToken: string | null };
    rows += page.rows.length;
    token = page.continuationToken;
    onPage();
  } while (token !== null);
  return rows;
}

async function openSdk(hub: Shared<SandboxProcess>): Promise<Side> {
  const sdk = await startSdk(await hub.use());
  return {
    measure: async () => {
      const before = await sdk.usage();
      const { rows, ms } = await sdk.ask<{ readonly rows: number; readonly ms: number }>({
        ask: 'results',
        query: QUERY,
        pageSize: PAGE_SIZE,
      });
      if (rows !== ROWS) throw new Error(`the SDK read ${rows} rows in place of ${ROWS}`);
      return { value: (rows * 1000) / ms, cpuMicros: ((await sdk.usage()).cpuMicros - before.cpuMicros) / rows };
    },
    close: async () => {
      await sdk.stop();
      await hub.leave();
    },
  };
}
