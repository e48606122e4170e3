import { isPlainObject } from '../../core/objects.js';
import { type DtdlObject, hasType, type Located, textAt } from './model.js';

const SCHEMA_TYPES = ['Enum', 'Object', 'Array', 'Map'];
const MAX_DEPTH = 64;

/** The reusable schemas of a model: every schema with an `@id`, wherever it is defined. */
export class Definitions {
  readonly #byId = new Map<string, DtdlObject>();
  readonly #used = new Set<DtdlObject>();

  constructor(interfaces: readonly Located[]) {
    for (const { object } of interfaces) this.#collect(object, 0);
  }

  /** Returns the schema of an id and marks it as used. */
  get(id: string): DtdlObject | undefined {
    const found = this.#byId.get(id);
    if (found) this.#used.add(found);
    return found;
  }

  isUsed(schema: DtdlObject): boolean {
    return this.#used.has(schema);
  }

  #collect(value: unknown, depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (Array.isArray(value)) for (const item of value) this.#collect(item, depth + 1);
    if (!isPlainObject(value)) return;
    const id = textAt(value, '@id');
    if (id !== '' && SCHEMA_TYPES.some((type) => hasType(value, type)) && !this.#byId.has(id))
      this.#byId.set(id, value);
    for (const member of Object.values(value)) this.#collect(member, depth + 1);
  }
}
