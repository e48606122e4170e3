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
  readonly beforeBytes: number;
  /** The largest resident memory during the roll-out, less that before it. */
  readonly growthBytes: number;
}

/** Runs one roll-out over many light devices with its state in PostgreSQL, and watches the agent's memory. */
export async function growthDuringRollout(devices: number): Promise<MemoryReport> {
  const ends = await new TwoHubs({ devicesPerHub: devices, leaseSeconds: 15 }).start();
  const process = new CommandProcess(['run', '--config', await ends.configFor('memory')]);
  try {
    const { adminUrl } = await process.line('agent started');
    const memory = async (): Promise<number> => {
      const response = await fetch(`${String(adminUrl)}/status`);
      return ((await response.json()) as { readonly residentMemoryBytes: number }).residentMemoryBytes;
    };
    const call = ends.call('one');
    const started = (methodName: string, more: object) => call.invoke('StartRollout', { methodName, ...more });
    // What is loaded and compiled once does not count.
    while ((await started('getDiagnostics', { queryCondition: "deviceId = 'device-0'" })).status !== 200)
      await pause(POLL_MS);
    await pause(10 * POLL_MS);
    const beforeBytes = await memory();
    const startedMs = performance.now();
    const rolloutId = 'large';
    await started('echo', { rolloutId, queryCondition: '*', batchSize: 1000 });
    let largest = beforeBytes;
    for (let row: TableRow | undefined; row?.['state'] !== 'completed';) {
      await pause(POLL_MS);
      largest = Math.max(largest, await memory());
      [row] = await call.rows('GetRollout', { rolloutId });
    }
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    return { devices, seconds, beforeBytes, growthBytes: largest - beforeBytes };
  } finally {
    process.signal('SIGTERM');
    await process.exited;
    await ends.close();
  }
}
