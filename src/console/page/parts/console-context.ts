import { createContext } from 'preact';
import { useContext, useEffect, useMemo } from 'preact/hooks';
import type { Change } from '../live/change-feed.js';
import type { ChangeListener, ConsoleState } from '../live/console-state.js';
import { PagedList, type PagedListOptions } from '../live/paged-list.js';
import { Resource, type ResourceOptions } from '../live/resource.js';

export const ConsoleContext = createContext<ConsoleState | null>(null);

export function useConsole(): ConsoleState {
  const state = useContext(ConsoleContext);
  if (!state) throw new Error('the page has no ConsoleContext');
  return state;
}

/** Whether services may be invoked from this page. */
export const useMayAct = (): boolean => useConsole().session.value?.mayAct ?? false;

/** Calls the listener for each batch of changes, until `key` changes. */
export function useChanges(listener: ChangeListener, key: unknown): void {
  const app = useConsole();
  useEffect(() => app.onChanges(listener), [app, key]);
}

export interface LiveOptions<T> extends ResourceOptions<T> {
  /** What identifies it: another key is another resource. */
  readonly key: string;
  /** What a change means for it: a newer value, `again` to read it once more, nothing otherwise. */
  readonly onChange?: (change: Change, value: T | null) => T | 'again' | undefined;
}

/** Something that is read from the agent, and kept fresh by changes. Everything is read again after a reset. */
export function useResource<T extends object>(options: LiveOptions<T>): Resource<T> {
  const resource = useMemo(() => new Resource<T>(options), [options.key]);
  useEffect(() => {
    resource.refresh();
    // The first answer may be older than a change that the page has already seen, or that came before the page.
    if (options.onChange) resource.settle();
    return () => resource.close();
  }, [resource]);
  useChanges((changes) => {
    for (const change of changes) {
      const effect = change.name === 'reset' ? 'again' : options.onChange?.(change, resource.value.value);
      if (effect === undefined) continue;
      if (effect === 'again') resource.refresh();
      else resource.set(effect);
      if (change.name !== 'reset') resource.settle();
    }
  }, resource);
  return resource;
}

export interface LiveListOptions<Item> extends PagedListOptions<Item> {
  readonly key: string;
  /** Takes what changed into the list. A reset refreshes it by itself. */
  readonly onChanges?: (changes: readonly Change[], list: PagedList<Item>) => void;
}

export function usePagedList<Item>(options: LiveListOptions<Item>): PagedList<Item> {
  const list = useMemo(() => new PagedList<Item>(options), [options.key]);
  useEffect(() => {
    list.refresh();
    if (options.onChanges) list.settle();
    return () => list.close();
  }, [list]);
  useChanges((changes) => {
    if (changes.some(({ name }) => name === 'reset')) list.refresh();
    options.onChanges?.(changes, list);
  }, list);
  return list;
}

/** What the address of a page says about its filters, without the empty ones. */
export const cacheKey = (...parts: readonly unknown[]): string => JSON.stringify(parts);

/** The document's title while a page is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · IoT Hub agent`;
  }, [title]);
}
