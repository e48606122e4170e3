import { isAgentError } from '../core/errors.js';

/** One change of a batch. */
export type StoreChange =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'delete'; readonly key: string };

export interface StoreRange {
  /** First key, included. */
  readonly from?: string;
  /** Last key, excluded. */
  readonly to?: string;
  /** Only keys that begin with it; instead of `from` and `to`. */
  readonly prefix?: string;
  readonly limit?: number;
  /** From the last key to the first. */
  readonly reverse?: boolean;
}

/** A value with what tells it from other values of its key. */
export interface StoredValue {
  readonly value: unknown;
  /** Moves when the value changes. */
  readonly version: string;
}

/** A key that a batch must find as it was read; without `version` the key must not exist. */
export interface Unchanged {
  readonly key: string;
  readonly version?: string | undefined;
}

export interface BatchOptions {
  /** The batch fails with `StoreConflict`, and changes nothing, unless all of these hold. */
  readonly ifUnchanged?: readonly Unchanged[];
  /** The batch fails with `LeaseLost`, and changes nothing, unless this is the current token of its lease. */
  readonly lease?: { readonly name: string; readonly token: number };
}

/** The right to be the only one who does something, for a time and under a token. */
export interface Lease {
  readonly name: string;
  /** Grows with each holder. */
  readonly token: number;
  /** Holds it for the same time from now on. Returns false if it is lost. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/** Whether a request failed because the shared state cannot be reached now, or belongs to another agent. */
export const isOutOfReach = (error: unknown): boolean => isAgentError(error, 'StoreUnavailable', 'LeaseLost');

/**
 * State that must outlive the process: JSON values by text keys, in the order of the keys' UTF-8 bytes. In a value, a whole
 * number beyond 2^53 is a bigint. A batch is atomic. Once a promise of `put`, `delete` or `batch` has resolved, the change
 * in a store on disk or in a database survives a kill -9 of the process. Failures are AgentErrors with code `StateUnwritable`
 * or, of a database, `StoreUnavailable`; after a failed write it is not known whether the change was made.
 */
export interface Store {
  get(key: string): Promise<unknown>;
  /** The value with its version; undefined for a key that does not exist. */
  read(key: string): Promise<StoredValue | undefined>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** @throws AgentError also `StoreConflict` and `LeaseLost`, by its options. */
  batch(changes: readonly StoreChange[], options?: BatchOptions): Promise<void>;
  /** Every entry that exists during the whole walk is listed once; one that comes or goes meanwhile may be. */
  entries(range?: StoreRange): AsyncIterable<readonly [key: string, value: unknown]>;
  /**
   * Takes a lease by the store's clock; undefined while another holds it. A store that only one process can open grants
   * every lease to its one holder and never loses it; in a database it expires unless it is renewed.
   */
  lease(name: string, holder: string, seconds: number): Promise<Lease | undefined>;
  close(): Promise<void>;
}
