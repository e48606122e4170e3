import { randomBytes } from 'node:crypto';
import { stringifyJson } from '../../core/exact-json.js';
import type { Changes } from '../api/types.js';

export type ChangeName = keyof Changes;

/** Events that a stream can be resumed from. */
const KEPT = 1000;

/**
 * The latest changes as text of server-sent events, with ids that grow. What an id begins with names the run that gave it:
 * after a restart, or after a time in which changes were not followed, no earlier stream can be resumed.
 */
export class ChangeLog {
  readonly #kept: string[] = [];
  readonly #listeners = new Set<(text: string) => void>();
  #run = newRun();
  /** Number of events of this run. */
  #count = 0;

  /** Begins a new run: changes may have been missed. */
  interrupt(): void {
    this.#run = newRun();
    this.#count = 0;
    this.#kept.length = 0;
  }

  publish<Name extends ChangeName>(name: Name, data: Changes[Name]): void {
    this.#count += 1;
    const text = this.event(name, data);
    this.#kept.push(text);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const listener of this.#listeners) listener(text);
  }

  /** The text of an event with the id of the latest change, for one stream alone. */
  event<Name extends ChangeName>(name: Name, data: Changes[Name]): string {
    return `event: ${name}\nid: ${this.#run}-${this.#count}\ndata: ${stringifyJson(data)}\n\n`;
  }

  /** The events after the one with this id; undefined if that is not known any more. */
  since(id: string): readonly string[] | undefined {
    const [run, number = ''] = id.split('-', 2);
    const count = /^\d{1,15}$/.test(number) ? Number(number) : NaN;
    const first = this.#count - this.#kept.length;
    if (run !== this.#run || !(count >= first && count <= this.#count)) return undefined;
    return this.#kept.slice(count - first);
  }

  /** Calls `listener` with the text of each event from now on. Returns a function that unsubscribes. */
  follow(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

const newRun = (): string => randomBytes(6).toString('hex');
