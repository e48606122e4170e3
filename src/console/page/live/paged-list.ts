import { batch, signal } from '@preact/signals-core';
import type { List } from '../../api/types.js';
import { type ApiFailure, asFailure } from '../client/api-failure.js';
import { Resource } from './resource.js';
import type { sleep } from './sleep.js';

export interface PagedListOptions<Item> {
  readonly load: (page: { cursor?: string; limit: number }, signal: AbortSignal) => Promise<List<Item>>;
  readonly keyOf: (item: Item) => string;
  readonly pageSize: number;
  readonly minIntervalMs?: number;
  readonly sleep?: typeof sleep;
}

/** The API's largest page: what one request can read again. */
const MAX_PAGE = 1000;

/** A list of the API that is read page by page, and whose begin is kept fresh. */
export class PagedList<Item> {
  readonly items = signal<readonly Item[]>([]);
  readonly cursor = signal<string | null>(null);
  readonly isLoadingMore = signal(false);
  readonly moreFailure = signal<ApiFailure | null>(null);
  readonly #options: PagedListOptions<Item>;
  readonly #closed = new AbortController();
  /** Those of `items`; collecting them for each page would take longer with each page. */
  #keys = new Set<string>();
  /** The first page, or as much of what is shown as one request can read. */
  readonly #head: Resource<List<Item>>;

  constructor(options: PagedListOptions<Item>) {
    this.#options = options;
    const { minIntervalMs, sleep } = options;
    this.#head = new Resource<List<Item>>({
      load: (signal) => this.#loadHead(signal),
      ...(minIntervalMs !== undefined && { minIntervalMs }),
      ...(sleep && { sleep }),
    });
  }

  /** Why the begin of the list could not be read. */
  get failure(): Resource<List<Item>>['failure'] {
    return this.#head.failure;
  }

  /** `null` until the first page is there. */
  get first(): Resource<List<Item>>['value'] {
    return this.#head.value;
  }

  refresh(): void {
    this.#head.refresh();
  }

  /** Reads it again once answers that are older than a change have run out. */
  settle(): void {
    this.#head.settle();
  }

  close(): void {
    this.#closed.abort();
    this.#head.close();
  }

  /** Reads the next page; does nothing while one is read, or after the last. */
  async loadMore(): Promise<void> {
    const cursor = this.cursor.value;
    if (cursor === null || this.isLoadingMore.value) return;
    this.isLoadingMore.value = true;
    try {
      const page = await this.#options.load({ cursor, limit: this.#options.pageSize }, this.#closed.signal);
      // A refresh may have begun the list anew meanwhile.
      if (this.cursor.value === cursor) this.#append(page);
      this.moreFailure.value = null;
    } catch (error) {
      if (!this.#closed.signal.aborted) this.moreFailure.value = asFailure(error);
    } finally {
      this.isLoadingMore.value = false;
    }
  }

  /** Puts newer items in the places of those with the same keys. @returns those that the list does not have. */
  replace(items: readonly Item[]): Item[] {
    const { keyOf } = this.#options;
    const newer = new Map(items.map((item) => [keyOf(item), item]));
    const shown = this.items.value.map((item) => {
      const key = keyOf(item);
      const found = newer.get(key);
      newer.delete(key);
      return found ?? item;
    });
    if (newer.size < items.length) this.items.value = shown;
    return [...newer.values()];
  }

  remove(key: string): void {
    this.items.value = this.items.value.filter((item) => this.#options.keyOf(item) !== key);
    this.#keys.delete(key);
  }

  async #loadHead(signal: AbortSignal): Promise<List<Item>> {
    const { pageSize, load, keyOf } = this.#options;
    const limit = Math.min(MAX_PAGE, Math.max(pageSize, this.items.value.length));
    const page = await load({ limit }, signal);
    if (signal.aborted) return page;
    const rest = restAfter(this.items.value, page, keyOf);
    batch(() => {
      this.items.value = rest.length > 0 ? [...page.items, ...rest] : page.items;
      if (rest.length === 0) this.cursor.value = page.cursor;
    });
    this.#keys = new Set(this.items.value.map(keyOf));
    return page;
  }

  #append({ items, cursor }: List<Item>): void {
    const { keyOf } = this.#options;
    const added = items.filter((item) => !this.#keys.has(keyOf(item)));
    for (const item of added) this.#keys.add(keyOf(item));
    batch(() => {
      this.items.value = [...this.items.value, ...added];
      this.cursor.value = cursor;
    });
  }
}

/**
 * What stays behind a begin that was read again: the items after its last one. Where the two do not meet, the list begins
 * anew, since something may be missing between them.
 */
function restAfter<Item>(shown: readonly Item[], page: List<Item>, keyOf: (item: Item) => string): readonly Item[] {
  const last = page.items.at(-1);
  if (last === undefined || page.cursor === null) return [];
  const place = shown.findIndex((item) => keyOf(item) === keyOf(last));
  if (place === -1) return [];
  const head = new Set(page.items.map(keyOf));
  return shown.slice(place + 1).filter((item) => !head.has(keyOf(item)));
}
