import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openPostgresStore } from '../../../src/store/postgres-store.js';
import { CommandProcess } from '../agent/agent-process.js';
import { settingsFor, startPostgres } from '../postgres/server.js';
import type { TableRow } from '../thingworx-rest.js';
import { TwoHubs } from './two-hubs.js';

const BATCH = 1000;
const POLL_MS = 200;

export interface WalkReport {
  readonly entries: number;
  /** Entries that existed all the time and were not listed, or were listed twice. */
  readonly missing: number;
  readonly repeated: number;
  readonly writesMeanwhile: number;
  readonly walkMs: number;
}

/** Walks over many entries while another connection changes them, adds others and removes those. */
export async function walkWhileWritten(entries: number): Promise<WalkReport> {
  const server = await startPostgres();
  const settings = settingsFor(await server.createDatabase());
  const [store, writer] = await Promise.all([openPostgresStore(settings), openPostgresStore(settings)]);
  const key = (at: number): string => `k/${String(at).padStart(8, '0')}`;
  for (let from = 0; from < entries; from += BATCH)
    await store.batch(Array.from({ length: BATCH }, (_, at) => ({ type: 'put', key: key(from + at), value: { at } })));
  const walking = new AbortController();
  let writesMeanwhile = 0;
  const writing = (async () => {
    for (; !walking.signal.aborted; writesMeanwhile += 1)
      await writer.batch([
        { type: 'put', key: key((writesMeanwhile * 7919) % entries), value: { changed: writesMeanwhile } },
        { type: 'put', key: `${key((writesMeanwhile * 104_729) % entries)}-new`, value: 1 },
        { type: 'delete', key: `${key(((writesMeanwhile - 50) * 104_729) % entries)}-new` },
      ]);
  })();
  const startedMs = performance.now();
  const counts = new Map<string, number>();
  for await (const [found] of store.entries({ prefix: 'k/' }))
    if (!found.endsWith('-new')) counts.set(found, (counts.get(found) ?? 0) + 1);
  const walkMs = Math.round(performance.now() - startedMs);
  walking.abort();
  await writing;
  await Promise.all([store.close(), writer.close()]);
  await server.close();
  const repeated = [...counts.values()].filter((count) => count > 1).length;
  return { entries, missing: entries - counts.size, repeated, writesMeanwhile, walkMs };
}

export interface MemoryReport {
  readonly devices: number;
  readonly seconds: number;
  /** Heap and buffers after a collection of garbage: the most during the roll-out, less those after its first batch. */
  readonly growthBytes: number;
  /** The same of the resident memory, which includes what the collector has not given back. */
  readonly residentGrowthBytes: number;
}

/** Collects garbage and prints the memory in use when the agent receives SIGWINCH. */
const REPORT_MEMORY = `
require('node:v8').setFlagsFromString('--expose-gc');
const gc = require('node:vm').runInNewContext('gc');
process.on('SIGWINCH', () => {
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  process._rawDebug('in use: ' + (heapUsed + external) + ' of ' + rss + ';');
});`;

const LARGE_BATCH = 1000;
const COLLECT_EVERY_MS = 2000;

/** Runs one roll-out over many light devices with its state in PostgreSQL, and watches the agent's memory. */
export async function growthDuringRollout(devices: number): Promise<MemoryReport> {
  const ends = await new TwoHubs({ devicesPerHub: devices, leaseSeconds: 15 }).start();
  const preload = join(mkdtempSync(join(tmpdir(), 'twx-memory-')), 'memory.cjs');
  writeFileSync(preload, REPORT_MEMORY);
  const env = { NODE_OPTIONS: `--require ${preload}` };
  const process = new CommandProcess(['run', '--config', await ends.configFor('memory')], env);
  try {
    await process.line('agent started');
    const call = ends.call('one');
    const roll = async (rolloutId: string, more: object): Promise<Memory> => {
      while ((await call.invoke('StartRollout', { rolloutId, ...more })).status !== 200) await pause(POLL_MS);
      const most = { inUse: 0, resident: 0 };
      for (let row: TableRow | undefined; row?.['state'] !== 'completed';) {
        await pause(COLLECT_EVERY_MS);
        const { inUse, resident } = await memoryOf(process);
        most.inUse = Math.max(most.inUse, inUse);
        most.resident = Math.max(most.resident, resident);
        [row] = await call.rows('GetRollout', { rolloutId });
      }
      return most;
    };
    const ids = Array.from({ length: LARGE_BATCH }, (_, at) => `device-${at}`);
    const warm = await roll('warm-up', { methodName: 'getDiagnostics', deviceIds: { array: ids } });
    const startedMs = performance.now();
    const most = await roll('large', { methodName: 'echo', queryCondition: '*', batchSize: LARGE_BATCH });
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    const residentGrowthBytes = most.resident - warm.resident;
    return { devices, seconds, growthBytes: most.inUse - warm.inUse, residentGrowthBytes };
  } finally {
    process.signal('SIGTERM');
    await process.exited;
    await ends.close();
    rmSync(dirname(preload), { recursive: true });
  }
}

interface Memory {
  readonly inUse: number;
  readonly resident: number;
}

async function memoryOf(agent: CommandProcess): Promise<Memory> {
  const known = agent.stderr.length;
  agent.signal('SIGWINCH');
  for (;;) {
    const found = /in use: (\d+) of (\d+);/.exec(agent.stderr.slice(known));
    if (found) return { inUse: Number(found[1]), resident: Number(found[2]) };
    await pause(20);
  }
}
