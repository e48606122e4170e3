import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import { AgentError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';
import { encodeValue } from './memory-store.js';
import type { Store, StoreChange, StoreRange } from './store.js';

type Database = ClassicLevel;

/** What LevelDB's small files may need. */
const SPARE_BYTES = 256 * 1024;

/**
 * A Store in a directory of its own, on LevelDB. Every write is synchronous on disk, so that what was acknowledged
 * survives the end of the process and of the machine.
 *
 * @throws AgentError StateUnwritable if the directory cannot be made or written, or another process has it open.
 */
export async function openLevelStore(directory: string): Promise<Store> {
  try {
    await makeFolder(directory, 0o700);
    return new LevelStore(directory, await openDatabase(directory));
  } catch (error) {
    throw unwritable(directory, error);
  }
}

class LevelStore implements Store {
  readonly #directory: string;
  #database: Database;
  /** LevelDB refuses every write after a failed one (a full disk, say) until it has been opened anew. */
  #mustReopen = false;
  #reopening: Promise<Database> | undefined;
  #isClosed = false;

  constructor(directory: string, database: Database) {
    this.#directory = directory;
    this.#database = database;
  }

  get(key: string): Promise<unknown> {
    return this.#guarded(async () => {
      const text = await (await this.#readable()).get(key);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    });
  }

  put(key: string, value: unknown): Promise<void> {
    return this.batch([{ type: 'put', key, value }]);
  }

  delete(key: string): Promise<void> {
    return this.batch([{ type: 'delete', key }]);
  }

  async batch(changes: readonly StoreChange[]): Promise<void> {
    const operations = changes.map((change) =>
      change.type === 'put'
        ? { type: 'put' as const, key: change.key, value: encodeValue(change.key, change.value) }
        : { type: 'del' as const, key: change.key },
    );
    await this.#guarded(async () => {
      const database = await this.#writable();
      try {
        await database.batch(operations, { sync: true });
      } catch (error) {
        this.#mustReopen = true;
        throw error;
      }
    });
  }

  async *entries(range: StoreRange = {}): AsyncIterable<readonly [key: string, value: unknown]> {
    const iterator = (await this.#guarded(() => this.#readable())).iterator(iteratorOptions(range));
    try {
      for await (const [key, text] of iterator) {
        if (range.prefix !== undefined && !key.startsWith(range.prefix)) break;
        yield [key, JSON.parse(text)];
      }
    } catch (error) {
      throw unwritable(this.#directory, error);
    } finally {
      await iterator.close();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#guarded(() => this.#database.close());
  }

  /** Reading goes on while the disk is full: what is open stays open for it. */
  async #readable(): Promise<Database> {
    return this.#database.status === 'open' ? this.#database : this.#reopen();
  }

  async #writable(): Promise<Database> {
    if (!this.#mustReopen) return this.#readable();
    if (!(await hasRoomToOpen(this.#directory))) throw new Error('no space left on the device');
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
      throw unwritable(this.#directory, error);
    }
  }
}

async function openDatabase(directory: string): Promise<Database> {
  // Loaded here: programs that keep nothing must not pay for the native library.
  const { ClassicLevel } = await import('classic-level');
  const database = new ClassicLevel(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  await database.open();
  return database;
}

/** Opening writes the log anew, into a table: an attempt without room for that would end reading, too. */
async function hasRoomToOpen(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  let logBytes = 0;
  for (const name of await readdir(directory)) {
    if (name.endsWith('.log')) logBytes += (await stat(join(directory, name))).size;
  }
  return bavail * bsize > 2 * logBytes + SPARE_BYTES;
}

function iteratorOptions(range: StoreRange): { gte?: string; lt?: string; limit?: number } {
  const limit = range.limit === undefined ? {} : { limit: range.limit };
  if (range.prefix !== undefined) return { gte: range.prefix, ...limit };
  return {
    ...(range.from === undefined ? {} : { gte: range.from }),
    ...(range.to === undefined ? {} : { lt: range.to }),
    ...limit,
  };
}

function unwritable(directory: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const cause = rootCause(error as LevelFailure);
  const message =
    cause?.code === 'LEVEL_LOCKED'
      ? `The state directory ${directory} is in use by another process; stop it or choose another directory.`
      : `The state directory ${directory} cannot be used: ${cause?.message ?? String(error)}. Check its rights and the free space.`;
  return new AgentError('StateUnwritable', message, { cause: error });
}

interface LevelFailure {
  readonly code?: string;
  readonly message?: string;
  readonly cause?: LevelFailure;
}

/** Level wraps what the native library reports; only the innermost error names the trouble. */
function rootCause(failure: LevelFailure | undefined): LevelFailure | undefined {
  return failure?.cause ? rootCause(failure.cause) : failure;
}
