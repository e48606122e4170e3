import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OrderedItems } from '../../../../../src/sandbox/iothub/state/ordered-items.js';

test('walks the present items in order from any position, after any additions and removals', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant('add'), fc.nat(200)), { maxLength: 300 }),
      fc.integer({ min: -1, max: 300 }),
      (steps, after) => {
        const items = new OrderedItems<{ sequence: number }>();
        const model = new Map<number, { sequence: number }>();
        let next = 1;
        for (const step of steps) {
          if (step === 'add') {
            const item = { sequence: next++ };
            items.add(item);
            model.set(item.sequence, item);
          } else {
            const item = model.get(step as number);
            items.remove(item ?? { sequence: step as number });
            model.delete(step as number);
          }
        }
        expect(items.size).toBe(model.size);
        expect([...items.walk(after)]).toEqual([...model.values()].filter(({ sequence }) => sequence > after));
      },
    ),
  );
});

test('continues a walk while items are removed, even when the gaps are closed', () => {
  const items = new OrderedItems<{ sequence: number }>();
  const all = Array.from({ length: 5_000 }, (_, sequence) => ({ sequence }));
  for (const item of all) items.add(item);
  const seen: number[] = [];
  for (const { sequence } of items.walk()) {
    seen.push(sequence);
    if (sequence === 10) for (const item of all.slice(0, 4_000)) items.remove(item);
    if (sequence === 4_500) items.add({ sequence: 5_000 });
  }
  expect(seen).toEqual([...Array(11).keys(), ...Array.from({ length: 1_001 }, (_, index) => 4_000 + index)]);
});
