import { describe, expect, it } from '@jest/globals';
import { Outbox, type OutboxLimits } from '../../../src/edge/outbox.js';

function outbox(limits: Partial<OutboxLimits>): { readonly box: Outbox<string>; readonly dropped: string[] } {
  const dropped: string[] = [];
  const box = new Outbox<string>({ maxCount: 100, maxBytes: 1_000, maxAgeMs: 1_000, ...limits }, (item) =>
    dropped.push(item),
  );
  return { box, dropped };
}

const fill = (box: Outbox<string>, ...items: readonly string[]): void => {
  for (const [n, item] of items.entries()) box.add({ item, bytes: 100, sinceMs: n });
};
const taken = (box: Outbox<string>, nowMs = 10, count = 100, bytes = 10_000): string[] =>
  box.take(nowMs, count, bytes).map(({ item }) => item);

describe('what waits for the platform', () => {
  it('is dropped above the count, oldest first', () => {
    const { box, dropped } = outbox({ maxCount: 2 });
    fill(box, 'a', 'b', 'c', 'd');
    expect(dropped).toEqual(['a', 'b']);
    expect(taken(box)).toEqual(['c', 'd']);
  });

  it('is dropped above the bytes, oldest first', () => {
    const { box, dropped } = outbox({ maxBytes: 250 });
    fill(box, 'a', 'b', 'c');
    expect(dropped).toEqual(['a']);
    box.add({ item: 'huge', bytes: 1_000, sinceMs: 5 });
    expect(dropped).toEqual(['a', 'b', 'c', 'huge']);
    expect(box.size).toBe(0);
  });

  it('is dropped when it is too old', () => {
    const { box, dropped } = outbox({ maxAgeMs: 50 });
    fill(box, 'a', 'b');
    box.add({ item: 'young', bytes: 1, sinceMs: 40 });
    expect(taken(box, 60)).toEqual(['young']);
    expect(dropped).toEqual(['a', 'b']);
  });

  it('is taken in order, up to a count and a size, but at least one at a time', () => {
    const { box } = outbox({});
    fill(box, 'a', 'b', 'c', 'd');
    expect(taken(box, 10, 2)).toEqual(['a', 'b']);
    expect(taken(box, 10, 100, 50)).toEqual(['c']);
    expect(taken(box)).toEqual(['d']);
    expect(taken(box)).toEqual([]);
  });

  it('is put back in front, and still within the limits', () => {
    const { box, dropped } = outbox({ maxCount: 3 });
    fill(box, 'a', 'b');
    const entries = box.take(10, 2, 10_000);
    fill(box, 'c', 'd');
    box.putBack(entries, 10);
    expect(dropped).toEqual(['a']);
    expect(taken(box)).toEqual(['b', 'c', 'd']);
  });

  it('has its bytes counted correctly through all of that', () => {
    const { box, dropped } = outbox({ maxBytes: 300 });
    fill(box, 'a', 'b', 'c');
    box.filter((item) => item !== 'b');
    box.putBack(box.take(10, 1, 1), 10);
    fill(box, 'd');
    expect(dropped).toEqual([]);
    fill(box, 'e');
    expect(dropped).toEqual(['a']);
  });
});
