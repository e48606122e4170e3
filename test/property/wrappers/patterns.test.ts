import { describe, expect, it } from '@jest/globals';
import vm from 'node:vm';
import * as fc from 'fast-check';
import { patternMatcher } from '../../../src/wrappers/patterns/match.js';
import { problemWithPattern } from '../../../src/wrappers/rules/patterns.js';
import { startProcessorStopwatch } from '../../support/processor-time.js';

const RUNS = process.env['LOAD'] === 'full' ? 20_000 : 1000;

const atom = fc.constantFrom(
  'a',
  'b',
  '-',
  '.',
  '[ab]',
  '[^a]',
  '[a-c-]',
  String.raw`\d`,
  String.raw`\w`,
  String.raw`\W`,
  String.raw`\s`,
  String.raw`\u0061`,
  String.raw`\.`,
);
const assertion = fc.constantFrom('^', '$', String.raw`\b`, String.raw`\B`);
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '*?', '+?', '{2}', '{1,3}', '{2,}', '{0,2}?');

const { pattern } = fc.letrec<{ pattern: string; sequence: string; part: string }>((tie) => ({
  pattern: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((options) => options.join('|')),
  sequence: fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(atom, quantifier).map((parts) => parts.join('')),
    assertion,
    fc
      .tuple(fc.constantFrom('(', '(?:'), tie('pattern'), quantifier)
      .map(([open, body, count]) => `${open}${body})${count}`),
    fc.tuple(fc.constantFrom('(?=', '(?!'), tie('pattern')).map(([open, body]) => `${open}${body})`),
  ),
}));

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '-', '1', ' ', '.', '\n', 'é'), { maxLength: 8 })
  .map((all) => all.join(''));

/** The result of `RegExp`, or undefined if it does not end in time. */
function regExpVerdict(source: string, subject: string, timeoutMs: number): boolean | undefined {
  try {
    return vm.runInNewContext(
      'new RegExp(source).test(subject)',
      { source, subject },
      { timeout: timeoutMs },
    ) as boolean;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}

describe('any pattern', () => {
  it('has the same result as RegExp for any text', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 3, maxLength: 8 }), (source, texts) => {
        const matcher = patternMatcher(source);
        const native = new RegExp(source);
        for (const subject of texts)
          expect([source, subject, matcher(subject)]).toEqual([
            source,
            subject,
            native.test(subject) ? 'match' : 'noMatch',
          ]);
      }),
      { numRuns: RUNS },
    );
  });

  it('ends on long texts within the allowed number of steps', () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom('a', 'ab', 'a-', '1', 'aab'), (source, pumped) => {
        const takenMs = startProcessorStopwatch();
        patternMatcher(source)(`${pumped.repeat(4095).slice(0, 4095)}!`);
        expect(takenMs()).toBeLessThan(2000);
      }),
      { numRuns: RUNS / 5 },
    );
  }, 120_000);

  it('that passes the check ends in RegExp, too', () => {
    let taken = 0;
    fc.assert(
      fc.property(pattern, fc.constantFrom('a', 'ab', 'a-', '1', 'aab', 'b.'), (source, pumped) => {
        if (problemWithPattern(source) !== undefined) return;
        taken += 1;
        const subject = `${pumped.repeat(400).slice(0, 400)}!\n`;
        expect([source, regExpVerdict(source, subject, 5000)]).toEqual([source, expect.any(Boolean)]);
      }),
      { numRuns: RUNS / 5 },
    );
    expect(taken).toBeGreaterThan(RUNS / 50);
  }, 120_000);
});
