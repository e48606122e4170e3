import { isPlainObject } from '../../core/objects.js';
import type { DocumentPath, Problem } from '../../documents/problem.js';
import { type LayeredValue, valueAt } from './layers.js';

/** Reads the value as it was written, whatever its types, and collects the problems that rules between keys find. */
export class Rules {
  readonly problems: Problem[] = [];
  readonly #layered: LayeredValue;

  constructor(layered: LayeredValue) {
    this.#layered = layered;
  }

  text(path: DocumentPath): string | undefined {
    const value = valueAt(this.#layered.value, path);
    return typeof value === 'string' ? value : undefined;
  }

  has(path: DocumentPath): boolean {
    return valueAt(this.#layered.value, path) !== undefined;
  }

  flag(path: DocumentPath): boolean {
    return valueAt(this.#layered.value, path) === true;
  }

  map(path: DocumentPath): Readonly<Record<string, unknown>> {
    const value = valueAt(this.#layered.value, path);
    return isPlainObject(value) ? value : {};
  }

  list(path: DocumentPath): readonly unknown[] {
    const value = valueAt(this.#layered.value, path);
    return Array.isArray(value) ? (value as unknown[]) : [];
  }

  fail(path: DocumentPath, message: string, hint?: string): void {
    const problem = { origin: this.#layered.locate(path), path, message };
    this.problems.push(hint === undefined ? problem : { ...problem, hint });
  }

  /** Checks a string if it is present: `faultOf` returns what is wrong with it, without repeating it. */
  check(path: DocumentPath, faultOf: (text: string) => string | undefined): void {
    const text = this.text(path);
    const fault = text ? faultOf(text) : undefined;
    if (fault !== undefined) this.fail(path, fault);
  }

  /** Refuses a secret that is set together with its file, because it is unclear which one is meant. */
  twin(path: DocumentPath): void {
    const file = [...path.slice(0, -1), `${path.at(-1)}File`];
    if (!this.has(path) || !this.has(file)) return;
    const { source, line } = this.#layered.locate(path);
    const other = line === undefined ? source : `${source}:${line}`;
    this.fail(file, `both ${path.at(-1)} and ${file.at(-1)} are set`, `remove one of them; the other is at ${other}`);
  }
}
