import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../core/exact-json.js';
import { type Log, silentLog } from '../core/log.js';
import { omitUndefined } from '../core/objects.js';
import { type Database, openDatabase, openSound } from './level-database.js';
import { isDamage, stateError } from './level-errors.js';
import { encodeValue } from './memory-store.js';
import { LocalLeases } from './local-leases.js';
import type { BatchOptions, Lease, Store, StoreChange, StoredValue, StoreRange, Unchanged } from './store.js';
import { requireUnchanged, versionOf } from './versions.js';
import { WriteOrder } from './write-order.js';

export interface LevelStoreOptions {
  /** Receives a warning for a damaged directory and for each record that cannot be read. */
  readonly log?: Log;
  /** The wall clock; by default that of the system. */
  readonly nowMs?: () => number;
}

type LevelChange =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/** Space for the small files of LevelDB. */
const SPARE_BYTES = 256 * 1024;

/**
 * Opens a Store in a directory of its own, on LevelDB. Every write is synchronous, so that acknowledged changes survive a
 * crash of the process or the machine. A damaged directory is moved aside and replaced.
 *
 * @throws AgentError StateUnwritable if the directory cannot be created or written, or another process has it open.
 */
export async function openLevelStore(directory: string, options: LevelStoreOptions = {}): Promise<Store> {
  const { log = silentLog, nowMs = Date.now } = options;
  try {
    return new LevelStore(directory, await openSound(directory, { log, nowMs }), log);
  } catch (error) {
    throw stateError(directory, error);
  }
}

class LevelStore implements Store {
  readonly #directory: string;
  readonly #log: Log;
  #database: Database;
  /** After a failed write, for example on a full disk, LevelDB refuses all writes until it is reopened. */
  #mustReopen = false;
  #reopening: Promise<Database> | undefined;
  #isClosed = false;
  readonly #order = new WriteOrder();
  /** The lock of the directory is the lease: while this process has it open, no other can. */
  readonly #leases = new LocalLeases();

  constructor(directory: string, database: Database, log: Log) {
    this.#directory = directory;
    this.#log = log;
    this.#database = database;
  }

  get(key: string): Promise<unknown> {
    return this.#guarded(async () => {
      const text = await (await this.#readable()).get(key);
      return text === undefined ? undefined : this.#parsed(key, text);
    });
  }

  read(key: string): Promise<StoredValue | undefined> {
    return this.#guarded(async () => {
      const text = await (await this.#readable()).get(key);
      const value = text === undefined ? undefined : this.#parsed(key, text);
      return text === undefined || value === undefined ? undefined : { value, version: versionOf(text) };
    });
  }

  put(key: string, value: unknown): Promise<void> {
    return this.batch([{ type: 'put', key, value }]);
  }

  delete(key: string): Promise<void> {
    return this.batch([{ type: 'delete', key }]);
  }

  async batch(changes: readonly StoreChange[], { ifUnchanged = [], lease }: BatchOptions = {}): Promise<void> {
    const operations: LevelChange[] = changes.map((change) =>
      change.type === 'put'
        ? { type: 'put', key: change.key, value: encodeValue(change.key, change.value) }
        : { type: 'del', key: change.key },
    );
    if (lease) this.#leases.require(lease);
    const write = (): Promise<void> => this.#guarded(() => this.#write(operations));
    if (ifUnchanged.length === 0) return await this.#order.shared(write);
    await this.#order.alone(async () => {
      requireUnchanged(ifUnchanged, await this.#guarded(() => this.#texts(ifUnchanged)));
      await write();
    });
  }

  async #write(operations: readonly LevelChange[]): Promise<void> {
    const database = await this.#writable();
    try {
      await database.batch([...operations], { sync: true });
    } catch (error) {
      this.#mustReopen = true;
      throw error;
    }
  }

  async #texts(keys: readonly Unchanged[]): Promise<(string | undefined)[]> {
    return await (await this.#readable()).getMany(keys.map(({ key }) => key));
  }

  lease(name: string, holder: string, _seconds: number): Promise<Lease | undefined> {
    return Promise.resolve(this.#leases.take(name, holder));
  }

  async *entries(range: StoreRange = {}): AsyncIterable<readonly [key: string, value: unknown]> {
    const iterator = (await this.#guarded(() => this.#readable())).iterator(iteratorOptions(range));
    try {
      for await (const [key, text] of iterator) {
        if (range.prefix !== undefined && !key.startsWith(range.prefix)) break;
        const value = this.#parsed(key, text);
        if (value !== undefined) yield [key, value];
      }
    } catch (error) {
      // The disk failed after the directory was opened; the next start replaces the directory.
      if (!isDamage(error)) throw stateError(this.#directory, error);
      this.#log.warn(
        { err: error, directory: this.#directory },
        'some records of the state cannot be read; they are skipped',
      );
    } finally {
      await iterator.close();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#guarded(() => this.#database.close());
  }

  /** Parses a record; returns undefined, with a warning, if it is not JSON. */
  #parsed(key: string, text: string): unknown {
    try {
      return parseJson(text);
    } catch {
      this.#log.warn({ key, directory: this.#directory }, 'a record of the state is not JSON; it is skipped');
      return undefined;
    }
  }

  /** Reading continues while the disk is full, since an open database stays open. */
  async #readable(): Promise<Database> {
    return this.#database.status === 'open' ? this.#database : this.#reopen();
  }

  async #writable(): Promise<Database> {
    if (!this.#mustReopen) return this.#readable();
    if (!(await hasSpaceToOpen(this.#directory))) throw new Error('no space left on the device');
    return this.#reopen();
  }

  #reopen(): Promise<Database> {
    if (this.#isClosed) return Promise.reject(new Error('the store is closed'));
    this.#reopening ??= (async () => {
      await this.#database.close();
      this.#database = await openDatabase(this.#directory);
      this.#mustReopen = false;
      return this.#database;
    })().finally(() => (this.#reopening = undefined));
    return this.#reopening;
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw stateError(this.#directory, error);
    }
  }
}

/** Reopening rewrites the log into a table; without enough space it would fail, and reading would end too. */
async function hasSpaceToOpen(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  let logBytes = 0;
  for (const name of await readdir(directory)) {
    if (name.endsWith('.log')) logBytes += (await stat(join(directory, name))).size;
  }
  return bavail * bsize > 2 * logBytes + SPARE_BYTES;
}

interface IteratorOptions {
  gte?: string;
  lt?: string;
  limit?: number;
  reverse?: boolean;
}

function iteratorOptions({ prefix, from, to, limit, reverse }: StoreRange): IteratorOptions {
  // Keys are compared by their UTF-8 bytes, none of which is 0xff, so that no key with the prefix comes after this one.
  if (prefix !== undefined) return omitUndefined({ gte: prefix, lt: `${prefix}\u{10ffff}`, limit, reverse });
  return omitUndefined({ gte: from, lt: to, limit, reverse });
}
