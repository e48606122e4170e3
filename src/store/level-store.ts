import type { ClassicLevel } from 'classic-level';
import { AgentError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';
import { encodeValue } from './memory-store.js';
import type { Store, StoreChange, StoreRange } from './store.js';

type Database = ClassicLevel;

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
  #reopening: Promise<void> | undefined;

  constructor(directory: string, database: Database) {
    this.#directory = directory;
    this.#database = database;
  }

  get(key: string): Promise<unknown> {
    return this.#guarded(async () => {
      const text = await this.#database.get(key);
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
      if (this.#mustReopen) await this.#reopen();
      try {
        await this.#database.batch(operations, { sync: true });
      } catch (error) {
        this.#mustReopen = true;
        throw error;
      }
    });
  }

  async *entries(range: StoreRange = {}): AsyncIterable<readonly [key: string, value: unknown]> {
    const iterator = this.#database.iterator(iteratorOptions(range));
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
    await this.#guarded(() => this.#database.close());
  }

  #reopen(): Promise<void> {
    this.#reopening ??= (async () => {
      await this.#database.close();
      this.#database = await openDatabase(this.#directory);
      this.#mustReopen = false;
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
