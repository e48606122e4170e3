/** Something with a place in an order that never changes. */
interface Placed {
  readonly sequence: number;
}

/**
 * Items in the order of their sequence numbers, for listings that stop and go on later: taking away is cheap, and a
 * walk may begin after any number, whether its item is still there or not.
 */
export class OrderedItems<T extends object> {
  readonly #sequenceOf: (item: T) => number;
  #items: (T | undefined)[] = [];
  #sequences: number[] = [];
  #gaps = 0;

  constructor(sequenceOf: (item: T) => number = (item) => (item as Placed).sequence) {
    this.#sequenceOf = sequenceOf;
  }

  get size(): number {
    return this.#items.length - this.#gaps;
  }

  /** Adds an item; its number must be above all others. */
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

  /** The items whose number is above `after`. Items added meanwhile are met too. */
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
