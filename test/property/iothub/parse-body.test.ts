import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseJson } from '../../../src/core/exact-json.js';
import { isTooLong } from '../../../src/iothub/connection-errors.js';
import { parseBody } from '../../../src/iothub/parse-body.js';
import { failureOf } from '../../support/jobs/callers.js';
import { startProcessorStopwatch } from '../../support/processor-time.js';

/** Long enough for the parser that reads item by item. */
const PADDING = ' '.repeat(300 * 1024);

const text = fc.oneof(fc.string(), fc.constantFrom('"', '\\', '\\"', '[', ']', '{}', ',', '],[', '\\\\"'));
const value = fc.letrec<{ readonly any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(text, tie('any'), { maxKeys: 4 }),
  ),
})).any;

test('a long text has the same value as a short one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.array(value), value), fc.boolean(), async (any, isSpaced) => {
      const json = isSpaced ? JSON.stringify(any, undefined, 3) : JSON.stringify(any);
      const expected = parseJson(json);
      expect(await parseBody(json, 1000)).toEqual(expected);
      expect(await parseBody(`${PADDING}${json}${PADDING}`, 1000)).toEqual(expected);
    }),
  );
});

test('what is not JSON is undefined, however long', async () => {
  const broken = fc
    .tuple(fc.array(value), fc.nat(), fc.constantFrom('', ',', ']', '[', '{', '}', '"', 'x', '1', ':'))
    .map(([list, at, piece]) => {
      const json = JSON.stringify(list);
      const position = at % json.length;
      return json.slice(0, position) + piece + json.slice(position + (piece === '' ? 1 : 0));
    });
  await fc.assert(
    fc.asyncProperty(broken, async (json) => {
      const short = await parseBody(json, 1000);
      expect(await parseBody(`${PADDING}${json}`, 1000)).toEqual(short);
    }),
    { numRuns: 300 },
  );
});

test('digits of large numbers are kept, even when items are read one by one', async () => {
  const list = `[${PADDING}{"a":7615917337495251231},{"a":0.5}]`;
  expect(await parseBody(list, 10)).toEqual([{ a: 7615917337495251231n }, { a: 0.5 }]);
});

describe('limits', () => {
  const EIGHT_MIB = 8 * 1024 * 1024;
  const listOf = (item: string, count: number): string => `[${Array.from({ length: count }, () => item).join(',')}]`;

  test.each([1, 10, 1000])('a list of more than %d items is refused, long or short', async (maxItems) => {
    for (const padding of ['', PADDING]) {
      const atLimit = padding + listOf('{}', maxItems);
      expect(await parseBody(atLimit, maxItems)).toHaveLength(maxItems);
      const failure = await failureOf(parseBody(padding + listOf('{}', maxItems + 1), maxItems));
      expect(failure.code).toBe('HubUnavailable');
      expect(failure.message).toContain(`more items than the ${maxItems}`);
      expect(isTooLong(failure)).toBe(false);
    }
  });

  test.each([
    ['objects in one item', `[{"a":${listOf('{}', EIGHT_MIB / 3)}}]`],
    ['lists in one item', `[${listOf('[]', EIGHT_MIB / 3)}]`],
    ['numbers in one item', `[${listOf('1', EIGHT_MIB / 2)}]`],
    ['an object that holds the list', `{"items":${listOf('{}', EIGHT_MIB / 3)}}`],
    ['members of one object', `{${Array.from({ length: 600_000 }, (_unused, index) => `"${index}":1`).join(',')}}`],
    ['objects in many items', listOf(`{"a":${listOf('{}', 2500)}}`, 1000)],
    ['brackets without end', '['.repeat(EIGHT_MIB)],
  ])('8 MiB of %s is refused at once', async (_what, json) => {
    const takenMs = startProcessorStopwatch();
    expect(isTooLong(await failureOf(parseBody(json, 1000)))).toBe(true);
    expect(takenMs()).toBeLessThan(250);
  });

  test('a full page of 1,000 rows of 8 kB does not block the event loop', async () => {
    const rows = listOf(
      JSON.stringify({ deviceId: 'x'.repeat(4000), payload: Array.from({ length: 440 }, () => 12_345_678) }),
      1000,
    );
    let longestMs = 0;
    let turnMs = startProcessorStopwatch();
    const endTurn = (): void => {
      longestMs = Math.max(longestMs, turnMs());
      turnMs = startProcessorStopwatch();
    };
    const timer = setInterval(endTurn, 1);
    try {
      expect(await parseBody(rows, 1000)).toHaveLength(1000);
    } finally {
      clearInterval(timer);
    }
    endTurn();
    expect(longestMs).toBeLessThan(250);
  });
});
