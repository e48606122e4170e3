import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { codeBlock, codeSpan, plainMarkdown, tableRow } from '../../../src/documents/markdown.js';
import { markdown } from '../../../src/wrappers/docs.js';
import { markdownOutline } from '../../support/markdown-outline.js';
import { nastyText } from '../../support/wrappers/arbitraries.js';
import { describeWrappers, problemsOf } from '../../support/wrappers/descriptions.js';

const RUNS = process.env['LOAD'] === 'full' ? 10_000 : 400;

const ATTACKS = [
  '`',
  '``',
  '```',
  '~~~',
  '<img src=x onerror=alert(1)>',
  '<script>',
  '-->',
  '[a](javascript:alert(1))',
  '![a](javascript:alert(1))',
  '[a][b]',
  '[a]: javascript:alert(1)',
  '<javascript:alert(1)>',
  '&lt;b&gt;',
  '|',
  '\\|',
  '\\\\|',
  '\\',
  '\n',
  '\r\n\r\n',
  '# ',
  '- ',
  '1. ',
  '> ',
  '---',
  '===',
  '    ',
  ' ',
  'x',
] as const;

const attack = fc.oneof(
  fc.array(fc.constantFrom(...ATTACKS), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
  nastyText,
);

interface Texts {
  readonly description: string;
  readonly method: string;
  readonly condition: string;
  readonly value: string;
  readonly pattern: string;
  readonly pointer: string;
}

/** A description with arbitrary texts wherever they are allowed. */
const descriptionWith = ({ description, method, condition, value, pattern, pointer }: Texts): string =>
  JSON.stringify({
    bundle: { name: 'b', version: '1.0.0', description, hubThing: method },
    dataShapes: [{ name: 'Rows', description, fields: [{ name: 'f', baseType: 'STRING', description }] }],
    services: [
      {
        name: 'Do',
        kind: 'deviceMethod',
        methodName: method,
        description,
        category: description,
        parameters: [
          { name: 'p', baseType: 'STRING', description, default: value, payloadPath: `/${pointer}` },
          { name: 'q', baseType: 'STRING', description, enum: [value, `${value}2`] },
          { name: 'r', baseType: 'STRING', pattern },
          { name: 's', baseType: 'INFOTABLE', dataShape: 'Rows', default: [{ f: value }] },
        ],
        constants: { '/constant': { [value]: value } },
        job: { queryCondition: `tags.a = '${condition}'` },
      },
    ],
  });

const PLAIN: Texts = { description: 'x', method: 'x', condition: 'x', value: 'x', pattern: 'x', pointer: 'x' };
const rowsOf = (lines: readonly string[]): string[] => lines.filter((line) => line !== 'code');

describe('the README of a bundle', () => {
  const expected = markdownOutline(markdown(describeWrappers(descriptionWith(PLAIN))));

  it.each(Object.keys(PLAIN) as (keyof Texts)[])('has the same outline whatever its %s', (place) => {
    let tried = 0;
    fc.assert(
      fc.property(attack, (text) => {
        const description = descriptionWith({ ...PLAIN, [place]: text });
        if (plainMarkdown(text) === '' || problemsOf(description).length > 0) return;
        tried += 1;
        const { lines, active } = markdownOutline(markdown(describeWrappers(description)));
        expect(active).toEqual([]);
        expect(rowsOf(lines)).toEqual(rowsOf(expected.lines));
      }),
      { numRuns: RUNS },
    );
    expect(tried).toBeGreaterThan(RUNS / 50);
  });

  it('shows every value whole', () => {
    const page = markdown(describeWrappers(descriptionWith({ ...PLAIN, method: 'a`b', value: '``' })));
    expect(page).toContain('Calls the direct method ``a`b``.');
    expect(page).toContain('one of ``` `` ```, ``` ``2 ```');
  });
});

describe('texts in Markdown', () => {
  it.each([
    ['site_name is *bold*', String.raw`site_name is \*bold\*`],
    ['SELECT * FROM devices', 'SELECT * FROM devices'],
    ['[a](javascript:alert(1))', String.raw`[a\]\(javascript:alert(1))`],
    ['a < b && c', 'a &lt; b && c'],
    ['&lt;', '&amp;lt;'],
    ['# title', String.raw`\# title`],
    ['12. item', String.raw`12\. item`],
    ['- item', String.raw`\- item`],
    ['two\n\nlines', 'two lines'],
  ])('plain: %j', (text, written) => {
    expect(plainMarkdown(text)).toBe(written);
  });

  it('code spans and blocks have longer fences than their content', () => {
    expect(codeSpan('a')).toBe('`a`');
    expect(codeSpan('`')).toBe('`` ` ``');
    expect(codeBlock('json', '"````"')).toEqual(['`````json', '"````"', '`````']);
  });

  it('cells have an odd number of backslashes before each bar', () => {
    expect(tableRow(['a|b', String.raw`a\|b`, String.raw`a\\|b`])).toBe(String.raw`| a\|b | a\|b | a\\\|b |`);
  });

  it('no cell, span or paragraph has markup, or splits a row', () => {
    fc.assert(
      fc.property(attack, (text) => {
        const page = [plainMarkdown(text), '', tableRow([codeSpan(text), plainMarkdown(text), 'x'])].join('\n');
        const { lines, active } = markdownOutline(page);
        expect(active).toEqual([]);
        expect(lines).toEqual([plainMarkdown(text) === '' ? 'blank' : 'text', 'blank', 'row of 3']);
      }),
      { numRuns: RUNS },
    );
  });
});
