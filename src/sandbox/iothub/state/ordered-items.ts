/** An item with a fixed position in the order. */
interface Sequenced {
  readonly sequence: number;
}

/**
 * Items in the order of their sequence numbers, for listings that pause and continue later. Removal is cheap, and a walk
 * may start after any number, even if the item with that number has been removed.
 */
export class OrderedItems<T extends object> {
  readonly #sequenceOf: (item: T) => number;
  #items: (T | undefined)[] = [];
  #sequences: number[] = [];
  #gaps = 0;

  constructor(sequenceOf: (item: T) => number = (item) => (item as Sequenced).sequence) {
    this.#sequenceOf = sequenceOf;
  }

  get size(): number {
    return this.#items.length - this.#gaps;
  }

  /** Adds an item; its number must be higher than all others. */
  add(item: T): void {
    this.#items.push(item);
    this.#sequences.push(this.#sequenceOf(item));
  }

  remove(item: T): void {
    const index = this.#firstAfter(this.#sequenceOf(item) - 1);
    if (this.#items[index] !== item) return;
    this.#items[index] = undefined;
    this.#gaps += 1;
    if (this.#gaps > 1_000 && this.#gaps > this.#items.length / 2) this.#closeGaps();
  }

  /** Yields the items whose number is above `after`, including those added during the walk. */
  *walk(after = -1): Generator<T> {
    let last = after;
    let items = this.#items;
    for (let index = this.#firstAfter(last); index < items.length; index++) {
      const item = items[index];
      if (item === undefined) continue;
      last = this.#sequences[index] as number;
      yield item;
      if (items !== this.#items) {
        items = this.#items;
        index = this.#firstAfter(last) - 1;
      }
    }
  }

  #firstAfter(sequence: number): number {
    let low = 0;
    let high = this.#sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sequences[middle] as number) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #closeGaps(): void {
    this.#items = this.#items.filter((item) => item !== undefined);
    this.#sequences = this.#items.map((item) => this.#sequenceOf(item as T));
    this.#gaps = 0;
  }
}
