import { parseJson } from '../../core/exact-json.js';
import { deferred, type Deferred } from '../../core/promises.js';
import type { Log } from '../../core/log.js';
import type { StoredValue, StoreRange } from '../store.js';
import type { Connections } from './connections.js';
import type { Statements } from './statements.js';

/** The most rows and bytes of one page of a walk. A value that is longer is a page of its own. */
const PAGE = { rows: 500, bytes: 1_048_576 };
/** The most keys of one request. */
const MAX_KEYS = 1000;

interface Row {
  readonly key: string;
  readonly value: string;
  readonly version: string;
}

/** Reads values and walks over ranges. No transaction is open between two pages. */
export class Reading {
  readonly #connections: Connections;
  readonly #statements: Statements;
  readonly #log: Log;
  /** Reads of this turn of the event loop, which become one request. */
  #wanted = new Map<string, Deferred<Row | undefined>>();

  constructor(connections: Connections, statements: Statements, log: Log) {
    this.#connections = connections;
    this.#statements = statements;
    this.#log = log;
  }

  async read(key: string): Promise<StoredValue | undefined> {
    const row = await this.#row(key);
    const value = row && this.#parsed(row);
    return row && value !== undefined ? { value, version: row.version } : undefined;
  }

  async *entries(range: StoreRange): AsyncGenerator<readonly [key: string, value: unknown]> {
    const isReverse = range.reverse === true;
    let [from, to] = boundsOf(range);
    let left = range.limit ?? Infinity;
    while (left > 0) {
      const most = Math.min(left, PAGE.rows);
      const statement = isReverse ? this.#statements.pageInReverse : this.#statements.page;
      const rows = await this.#connections.query<Row>(statement, [from ?? null, to ?? null, most, PAGE.bytes]);
      for (const row of rows) {
        const value = this.#parsed(row);
        if (value !== undefined) yield [row.key, value];
      }
      left -= rows.length;
      const last = rows.at(-1);
      if (!last || isLastPage(rows, most)) return;
      // The smallest key after the last one has one more byte.
      if (isReverse) to = last.key;
      else from = `${last.key}\u0001`;
    }
  }

  /** Many reads at once cost one request, however far away the database is. */
  #row(key: string): Promise<Row | undefined> {
    const known = this.#wanted.get(key);
    if (known) return known.promise;
    if (this.#wanted.size === 0) setImmediate(() => void this.#fetch());
    const wanted = deferred<Row | undefined>();
    this.#wanted.set(key, wanted);
    return wanted.promise;
  }

  async #fetch(): Promise<void> {
    const wanted = [...this.#wanted];
    this.#wanted = new Map();
    const groups = Array.from({ length: Math.ceil(wanted.length / MAX_KEYS) }, (_, at) =>
      wanted.slice(at * MAX_KEYS, (at + 1) * MAX_KEYS),
    );
    await Promise.all(groups.map((group) => this.#fetchGroup(group)));
  }

  async #fetchGroup(group: readonly (readonly [key: string, wanted: Deferred<Row | undefined>])[]): Promise<void> {
    try {
      const rows = await this.#connections.query<Row>(this.#statements.get, [group.map(([key]) => key)]);
      const found = new Map(rows.map((row) => [row.key, row]));
      for (const [key, wanted] of group) wanted.resolve(found.get(key));
    } catch (error) {
      for (const [, wanted] of group) wanted.reject(error);
    }
  }

  #parsed({ key, value }: Pick<Row, 'key' | 'value'>): unknown {
    try {
      return parseJson(value);
    } catch {
      this.#log.warn({ key }, 'a record of the state is not JSON; it is skipped');
      return undefined;
    }
  }
}

/** Whether a page was cut neither by its number of rows nor by its bytes. */
function isLastPage(rows: readonly Row[], most: number): boolean {
  const bytes = rows.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
  return rows.length < most && bytes < PAGE.bytes;
}

function boundsOf({ prefix, from, to }: StoreRange): [from?: string | undefined, to?: string | undefined] {
  return prefix === undefined ? [from, to] : [prefix, `${prefix}\u{10ffff}`];
}
