import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { boundedLines, TOO_LONG } from '../../../src/cli/line-streams.js';

/** The lines of a string, cut into parts at `cuts`. */
async function linesOf(text: string, cuts: readonly number[], maxLength = 1000): Promise<(string | typeof TOO_LONG)[]> {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const parts = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
  async function* stream(): AsyncGenerator<Buffer> {
    for (const part of parts) yield part;
  }
  const lines: (string | typeof TOO_LONG)[] = [];
  for await (const line of boundedLines(stream(), maxLength)) lines.push(line);
  return lines;
}

const characters = fc.string({ unit: fc.constantFrom('a', 'ü', '€', '😀', '\r', '\n', '\r\n'), maxLength: 40 });

describe('boundedLines', () => {
  it('returns the lines of the text, wherever the stream splits it', async () => {
    await fc.assert(
      fc.asyncProperty(characters, fc.array(fc.nat(200), { maxLength: 6 }), async (text, cuts) => {
        const expected = text.split(/\r\n|\n|\r/);
        if (expected.at(-1) === '') expected.pop();
        expect(await linesOf(text, cuts)).toEqual(expected);
      }),
    );
  });

  it('marks lines that are too long, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(20), { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 6 }),
        async (lengths, cuts) => {
          const text = lengths.map((length) => `${'x'.repeat(length)}\n`).join('');
          const expected = lengths.map((length) => (length > 10 ? TOO_LONG : 'x'.repeat(length)));
          expect(await linesOf(text, cuts, 10)).toEqual(expected);
        },
      ),
    );
  });
});
