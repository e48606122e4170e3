import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLevelStore } from '../../src/store/level-store.js';
import { openPostgresStore } from '../../src/store/postgres-store.js';
import type { Store, StoreChange } from '../../src/store/store.js';
import { settingsFor, startPostgres } from '../../test/support/postgres/server.js';
import type { PairedBenchmark, Side } from './paired.js';

/** What a tick of a roll-out writes: a page of devices with their lists, the head and an event. */
const CHANGES = 300;
const VALUE = {
  deviceId: 'device-000001',
  state: 'succeeded',
  attempts: 1,
  methodStatus: 200,
  methodPayload: { ok: true },
};
const DURATION_MS = 1500;
const WALKED = 100_000;

/** The store in PostgreSQL (ours) beside that on disk (reference): writes of a tick, and a walk over many entries. */
export function storeBenchmarks(): PairedBenchmark[] {
  return [
    { name: 'store.tick', unit: 'writes/s', ours: () => ticks(onPostgres), reference: () => ticks(onDisk) },
    { name: 'store.walk', unit: 'entries/s', ours: () => walks(onPostgres), reference: () => walks(onDisk) },
  ];
}

interface Opened {
  readonly store: Store;
  close(): Promise<void>;
}

async function onPostgres(): Promise<Opened> {
  // As an operator runs it: commits are on disk before they are acknowledged.
  const server = await startPostgres(['fsync=on']);
  const store = await openPostgresStore(settingsFor(await server.createDatabase()));
  return {
    store,
    close: async () => {
      await store.close();
      await server.close();
    },
  };
}

async function onDisk(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'twx-bench-'));
  const store = await openLevelStore(folder);
  return {
    store,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

const key = (at: number): string => `device/${String(at).padStart(8, '0')}`;

const puts = (from: number, count: number): StoreChange[] =>
  Array.from({ length: count }, (_, at) => ({ type: 'put', key: key(from + at), value: VALUE }));

async function ticks(open: () => Promise<Opened>): Promise<Side> {
  const opened = await open();
  const { store } = opened;
  let next = 0;
  return {
    close: () => opened.close(),
    async measure() {
      const startedMs = performance.now();
      let writes = 0;
      for (; performance.now() - startedMs < DURATION_MS; writes += 1) {
        await store.batch(puts(next, CHANGES));
        next = (next + CHANGES) % WALKED;
      }
      return { value: (writes * 1000) / (performance.now() - startedMs) };
    },
  };
}

async function walks(open: () => Promise<Opened>): Promise<Side> {
  const opened = await open();
  const { store } = opened;
  for (let from = 0; from < WALKED; from += 1000) await store.batch(puts(from, 1000));
  return {
    close: () => opened.close(),
    async measure() {
      const startedMs = performance.now();
      let entries = 0;
      for await (const _entry of store.entries({ prefix: 'device/' })) entries += 1;
      return { value: (entries * 1000) / (performance.now() - startedMs) };
    },
  };
}
