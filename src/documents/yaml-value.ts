import { type Alias, type Node, type Pair, Scalar, type YAMLMap, isAlias, isMap, isScalar, isSeq } from 'yaml';
import { isPlainObject } from '../core/objects.js';
import { type DocumentLimits, type NotationFault, duplicateKey, tooDeep } from './notation.js';
import { parseJson } from '../core/exact-json.js';

/** The value of a node. */
interface Made {
  readonly value: unknown;
  /** How many values it contains, including itself. */
  readonly size: number;
  /** Levels of nested collections. */
  readonly depth: number;
}

const NOTHING: Made = { value: null, size: 1, depth: 0 };
/** Replaces a value that has been refused, so that it is not refused again for another reason. */
const REFUSED: Made = { ...NOTHING };

/**
 * Builds the value of a composed YAML document. Follows aliases and merge keys within bounds, in time linear in the size of
 * the value, and finds duplicate keys by a set. The library would compare each key with all earlier ones, and evaluate a
 * merged map again for each merge.
 */
export class YamlValue {
  readonly faults: NotationFault[] = [];
  /** The target of each alias. */
  readonly targets = new Map<Alias, Node>();
  readonly #limits: DocumentLimits;
  readonly #anchors = new Map<string, Node>();
  readonly #made = new Map<Node, Made>();
  #repeated = 0;
  #isTooLarge = false;

  constructor(limits: DocumentLimits) {
    this.#limits = limits;
  }

  of(root: Node | null): unknown {
    return this.#make(root).value;
  }

  #make(node: Node | null | undefined): Made {
    if (this.#isTooLarge) return REFUSED;
    if (!node) return NOTHING;
    if (isAlias(node)) return this.#repeat(node);
    if ('anchor' in node && typeof node.anchor === 'string' && node.anchor !== '') this.#anchors.set(node.anchor, node);
    const made = this.#makeNew(node);
    this.#made.set(node, made);
    return made;
  }

  #makeNew(node: Node): Made {
    if (isScalar(node)) return { value: this.#scalar(node), size: 1, depth: 0 };
    if (isMap(node)) return this.#map(node);
    if (!isSeq(node)) return this.#refuse(node, 'this kind of value is not known');
    const items = node.items.map((item) => this.#make(item as Node | null));
    return this.#collection(
      node,
      items.map(({ value }) => value),
      items,
    );
  }

  #repeat(alias: Alias): Made {
    const target = this.#anchors.get(alias.source);
    const made = target && this.#made.get(target);
    if (!target) {
      return this.#refuse(
        alias,
        'this alias names an anchor that does not exist above it',
        'put a string that begins with * in quotes',
      );
    }
    if (!made) return this.#refuse(alias, 'an alias cannot stand inside the value that it names');
    this.targets.set(alias, target);
    this.#repeated += made.size;
    if (this.#repeated <= this.#limits.maxRepeatedValues) return made;
    const message = `Excessive alias count: aliases repeat more than ${this.#limits.maxRepeatedValues} values`;
    this.#refuse(alias, message, 'repeat less with anchors');
    this.#isTooLarge = true;
    return REFUSED;
  }

  #scalar(node: Scalar): unknown {
    const { value } = node;
    if (typeof value === 'number') return exactNumber(value, node.source);
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    // The dates and binary data of YAML 1.1 have no counterpart in JSON.
    return this.#refuse(node, 'this kind of value is not known', 'write it as text, in quotes').value;
  }

  #map(node: YAMLMap): Made {
    const entries = new Map<string, unknown>();
    const own = new Set<string>();
    const parts: Made[] = [];
    for (const pair of node.items as Pair<Node | null, Node | null>[]) {
      if (isMergeKey(pair.key)) {
        const made = this.#make(pair.value);
        parts.push(made);
        for (const source of this.#mergeSources(pair, made)) {
          for (const [key, value] of Object.entries(source)) if (!entries.has(key)) entries.set(key, value);
        }
        continue;
      }
      const key = this.#key(pair.key);
      const made = this.#make(pair.value);
      parts.push(made);
      if (own.has(key)) this.faults.push(duplicateKey(offsetOf(pair.key ?? node)));
      own.add(key);
      entries.set(key, made.value);
    }
    // Object.fromEntries creates own properties for all names, including `__proto__`.
    return this.#collection(node, Object.fromEntries(entries), parts);
  }

  /** Returns the maps of a merge key; the earlier ones take precedence. */
  #mergeSources(pair: Pair<Node | null, Node | null>, made: Made): object[] {
    if (made === REFUSED) return [];
    const { value } = made;
    const sources: unknown[] = Array.isArray(value) ? value : [value];
    if (sources.every(isPlainObject)) return sources;
    this.#refuse(pair.value ?? pair.key, 'a merge key (<<) takes a map or a list of maps', 'name anchors of maps');
    return [];
  }

  #key(node: Node | null): string {
    const resolved = isAlias(node) ? (this.#repeat(node), this.targets.get(node)) : node;
    if (resolved === node) this.#make(node);
    const text = keyText(resolved);
    if (text !== undefined) return text;
    this.#refuse(node, 'a key must be text', 'put a string that begins with { or [ in quotes');
    return '';
  }

  #collection(node: Node, value: unknown, parts: readonly Made[]): Made {
    let size = 1;
    let depth = 0;
    for (const part of parts) {
      size += part.size;
      depth = Math.max(depth, part.depth);
    }
    if (depth < this.#limits.maxDepth) return { value, size, depth: depth + 1 };
    if (!this.#isTooLarge) this.faults.push(tooDeep(this.#limits, offsetOf(node)));
    this.#isTooLarge = true;
    return REFUSED;
  }

  #refuse(node: Node | null | undefined, message: string, hint?: string): Made {
    if (this.#isTooLarge) return REFUSED;
    const fault = { offset: node ? offsetOf(node) : 0, message };
    this.faults.push(hint === undefined ? fault : { ...fault, hint });
    return REFUSED;
  }
}

export const offsetOf = (node: Node): number => node.range?.[0] ?? 0;

/** Whether a key is an unquoted `<<`, which means a merge; in quotes it is a name like any other. */
export function isMergeKey(key: Node | null): boolean {
  if (!isScalar(key) || (key.type !== undefined && key.type !== Scalar.PLAIN)) return false;
  // In a YAML 1.1 document the value is a symbol.
  return key.value === '<<' || (typeof key.value === 'symbol' && key.value.description === '<<');
}

/** Returns the name of a scalar key; undefined for other nodes. */
export function keyText(node: Node | null | undefined): string | undefined {
  if (!node) return '';
  if (!isScalar(node)) return undefined;
  if (typeof node.value === 'number') return String(exactNumber(node.value, node.source));
  return node.value === null ? '' : String(node.value as string | boolean);
}

/** Returns the number, or a bigint with the digits of `source` for a whole number that a double cannot hold exactly. */
function exactNumber(value: number, source: string | undefined): number | bigint {
  if (Number.isSafeInteger(value) || Number.isNaN(value) || source === undefined) return value;
  const digits = /^0[xo][\da-f]+$/i.test(source) ? wholeNumber(source) : jsonNumber(source);
  if (typeof digits !== 'bigint') return value;
  return BigInt(Number.isFinite(value) ? value : 0) === digits ? value : digits;
}

/** A whole number with more digits is never exact, and reading it would take quadratic time. */
const MAX_DIGITS = 400;

/** Replaces any whole number with more digits. */
const INEXACT = BigInt(Number.MAX_SAFE_INTEGER) + BigInt(2);

const wholeNumber = (source: string): bigint => (source.length > MAX_DIGITS ? INEXACT : BigInt(source.toLowerCase()));

/** Reads a YAML number, which may have a plus sign, leading zeros or a point at either end, as a JSON number. */
function jsonNumber(source: string): unknown {
  const match = /^([-+]?)0*(\d*)(\.\d*)?(e[-+]?\d+)?$/i.exec(source.replaceAll('_', ''));
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = ''] = match;
  if (whole.length > MAX_DIGITS) return INEXACT;
  try {
    return parseJson(`${sign === '-' ? '-' : ''}${whole || '0'}${fraction === '.' ? '' : fraction}${exponent}`);
  } catch {
    return INEXACT;
  }
}
