import { type Alias, isAlias, isCollection, isMap, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { DocumentPath } from './problem.js';
import { isMergeKey, keyText, offsetOf } from './yaml-value.js';

interface Child {
  readonly keyOffset: number | undefined;
  readonly value: Node | null;
}

/** The offset of each part of a YAML document. Merged parts have the offset at which they were written. */
export class YamlPlaces {
  readonly #root: Node | null;
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #children = new Map<YAMLMap, ReadonlyMap<string, Child>>();

  constructor(root: Node | null, targets: ReadonlyMap<Alias, Node>) {
    this.#root = root;
    this.#targets = targets;
  }

  /** Returns the offset of the value (or key) at `path`, or of the key of its nearest ancestor if it does not exist. */
  offsetOf(path: DocumentPath, part: 'key' | 'value'): number {
    let node = this.#resolve(this.#root);
    let keyOffset = node ? offsetOf(node) : 0;
    for (const step of path) {
      const child = this.#childOf(node, step);
      if (!child) return keyOffset;
      keyOffset = child.keyOffset ?? (child.value ? offsetOf(child.value) : keyOffset);
      node = this.#resolve(child.value);
    }
    return part === 'key' || !node ? keyOffset : offsetOf(node);
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (this.#targets.get(node) ?? null) : node;
  }

  #childOf(node: Node | null, step: string | number): Child | undefined {
    if (!isCollection(node)) return undefined;
    if (isSeq(node)) {
      const item = typeof step === 'number' ? (node.items[step] as Node | undefined) : undefined;
      return item && { keyOffset: undefined, value: item };
    }
    return isMap(node) ? this.#childrenOf(node).get(String(step)) : undefined;
  }

  #childrenOf(map: YAMLMap): ReadonlyMap<string, Child> {
    const known = this.#children.get(map);
    if (known) return known;
    const children = new Map<string, Child>();
    this.#children.set(map, children);
    const own = new Set<string>();
    for (const { key, value } of map.items as Pair<Node | null, Node | null>[]) {
      if (isMergeKey(key)) {
        for (const [name, child] of this.#mergedChildren(value)) if (!children.has(name)) children.set(name, child);
        continue;
      }
      const name = keyText(this.#resolve(key)) ?? '';
      if (own.has(name)) continue;
      own.add(name);
      children.set(name, { keyOffset: key ? offsetOf(key) : undefined, value });
    }
    return children;
  }

  #mergedChildren(value: Node | null): (readonly [string, Child])[] {
    const source = this.#resolve(value);
    const maps = isSeq(source) ? source.items.map((item) => this.#resolve(item as Node | null)) : [source];
    return maps.flatMap((map) => (isMap(map) ? [...this.#childrenOf(map)] : []));
  }
}
