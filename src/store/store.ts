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
}

/**
 * State that must outlive the process: JSON values by text keys, in the order of the keys' UTF-8 bytes. In a value, a whole
 * number beyond 2^53 is a bigint. A batch is atomic. Once a promise of `put`, `delete` or `batch` has resolved, the change
 * in a store on disk survives a kill -9 of the process. Failures are AgentErrors with code `StateUnwritable`.
 */
export interface Store {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  batch(changes: readonly StoreChange[]): Promise<void>;
  entries(range?: StoreRange): AsyncIterable<readonly [key: string, value: unknown]>;
  close(): Promise<void>;
}
