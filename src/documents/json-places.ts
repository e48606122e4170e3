import type { DocumentPath } from './problem.js';

interface Place {
  readonly offset: number;
  readonly members?: ReadonlyMap<string, { readonly keyOffset: number; readonly place: Place }>;
  readonly items?: readonly Place[];
}

/** The offset of each part of a JSON text. The text must be valid JSON, nested no deeper than the stack allows. */
export class JsonPlaces {
  /** Offsets of names that occur earlier in the same object. */
  readonly duplicates: number[] = [];
  readonly #text: string;
  readonly #root: Place;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
    this.#root = this.#read();
  }

  /** Returns the offset of the value (or name) at `path`, or of its nearest ancestor if it does not exist. */
  offsetOf(path: DocumentPath, part: 'key' | 'value'): number {
    let place = this.#root;
    let keyOffset = place.offset;
    for (const step of path) {
      const member = typeof step === 'string' ? place.members?.get(step) : undefined;
      const next = member?.place ?? (typeof step === 'number' ? place.items?.[step] : undefined);
      if (!next) return keyOffset;
      keyOffset = member?.keyOffset ?? next.offset;
      place = next;
    }
    return part === 'key' ? keyOffset : place.offset;
  }

  /** Returns the offset of the first object with more than `count` names; 0 if there is none. */
  offsetOfMapAbove(count: number): number {
    const find = ({ offset, members, items }: Place): number | undefined => {
      if (members && members.size > count) return offset;
      const parts = members ? [...members.values()].map(({ place }) => place) : (items ?? []);
      for (const part of parts) {
        const found = find(part);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return find(this.#root) ?? 0;
  }

  #read(): Place {
    this.#skip(/[\s,:]*/y);
    const offset = this.#offset;
    const first = this.#text.charAt(offset);
    if (first === '{') return { offset, members: this.#members() };
    if (first === '[') return { offset, items: this.#items() };
    if (first === '"') this.#string();
    else this.#skip(/[^\s,\]}]*/y);
    return { offset };
  }

  #members(): ReadonlyMap<string, { readonly keyOffset: number; readonly place: Place }> {
    const members = new Map<string, { readonly keyOffset: number; readonly place: Place }>();
    this.#offset += 1;
    while (!this.#ends('}')) {
      const keyOffset = this.#offset;
      const name = JSON.parse(this.#string()) as string;
      if (members.has(name)) this.duplicates.push(keyOffset);
      members.set(name, { keyOffset, place: this.#read() });
    }
    return members;
  }

  #items(): readonly Place[] {
    const items: Place[] = [];
    this.#offset += 1;
    while (!this.#ends(']')) items.push(this.#read());
    return items;
  }

  /** Skips the closing mark if it is next; returns whether it was. */
  #ends(mark: string): boolean {
    this.#skip(/[\s,]*/y);
    if (this.#text.charAt(this.#offset) !== mark) return false;
    this.#offset += 1;
    return true;
  }

  /** Skips a string and returns its text with quotes. */
  #string(): string {
    const start = this.#offset;
    for (this.#offset += 1; this.#text.charCodeAt(this.#offset) !== 0x22; this.#offset += 1) {
      if (this.#text.charCodeAt(this.#offset) === 0x5c) this.#offset += 1;
    }
    this.#offset += 1;
    return this.#text.slice(start, this.#offset);
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#offset;
    pattern.test(this.#text);
    this.#offset = pattern.lastIndex;
  }
}
