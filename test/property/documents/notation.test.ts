import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import type { DocumentPath } from '../../../src/documents/problem.js';
import { parseDocument } from '../../../src/documents/read.js';

const name = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('__proto__', 'a:b', '<<', 'x-y', '"', '\\', '{}'));
const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  // Whole numbers that a double cannot represent are refused; another property covers them.
  fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }),
  fc.boolean(),
  fc.constant(null),
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const root = fc.dictionary(
  name.filter((key) => !key.startsWith('x-')),
  json,
  { maxKeys: 5, noNullPrototype: true },
);

function pathsOf(value: unknown, path: DocumentPath = []): DocumentPath[] {
  if (typeof value !== 'object' || value === null) return [path];
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...steps.flatMap((step) => pathsOf((value as Record<string, unknown>)[step], [...path, step]))];
}

describe('parseDocument', () => {
  it('reads JSON as JSON.parse does, whatever its white space', () => {
    fc.assert(
      fc.property(root, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const { value: read, problems } = parseDocument(text, 'a.json');
        expect(problems).toEqual([]);
        expect(read).toEqual(JSON.parse(text));
      }),
    );
  });

  it('finds the same values at the same positions in a string read as JSON and as YAML', () => {
    fc.assert(
      fc.property(root, (value) => {
        const text = JSON.stringify(value, undefined, 1);
        const asJson = parseDocument(text, 'a');
        // A comment forces the text to be read as YAML; it is at the end, where it does not move anything.
        const asYaml = parseDocument(`${text}\n# comment`, 'a');
        expect(asYaml.problems).toEqual([]);
        expect(asYaml.value).toEqual(asJson.value);
        for (const path of pathsOf(value)) {
          expect(asYaml.locate(path)).toEqual(asJson.locate(path));
          expect(asYaml.locate([...path, 'absent'], 'key')).toEqual(asJson.locate([...path, 'absent'], 'key'));
        }
      }),
    );
  });

  it('reads what the YAML library writes', () => {
    fc.assert(
      fc.property(root, (value) => {
        // The library writes a key named `<<` like a merge key.
        fc.pre(!JSON.stringify(value).includes('"<<":'));
        const { value: read, problems } = parseDocument(stringify(value, { version: '1.2' }), 'a.yaml');
        expect(problems).toEqual([]);
        expect(read).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('merges with precedence for own keys, then for the earlier map', () => {
    const map = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 99 }), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.array(map, { minLength: 1, maxLength: 4 }), map, fc.nat(), (sources, own, position) => {
        const anchors = sources.map((source, index) => `s${index}: &s${index} ${JSON.stringify(source)}`);
        const aliases = sources.map((_source, index) => `*s${index}`);
        const members = Object.entries(own).map(([key, value]) => `${key}: ${value}`);
        members.splice(position % (members.length + 1), 0, `<<: [${aliases.join(', ')}]`);
        const { value, problems } = parseDocument(`${anchors.join('\n')}\nt: {${members.join(', ')}}`, 'a.yaml');
        expect(problems).toEqual([]);
        const wanted = Object.assign({}, ...[...sources].reverse(), own) as object;
        expect((value as Record<string, unknown>)['t']).toEqual(wanted);
      }),
    );
  });

  it('either keeps the value of a whole number or refuses it', () => {
    const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    fc.assert(
      fc.property(digits, fc.constantFrom('a: %', '{"a": %}', '- [%]'), (number, form) => {
        const { value, problems } = parseDocument(form.replace('%', String(number)), 'a.yaml');
        expect(problems.length).toBe(BigInt(Number(number)) === number ? 0 : 1);
        if (problems.length > 0) return;
        const [read] = [value].flat(3).map((part) => (typeof part === 'number' ? part : (part as { a: number }).a));
        expect(BigInt(read as number)).toBe(number);
      }),
    );
  });

  it('returns a value or problems with a position, for any text', () => {
    const fragment = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '&x ',
      '*x',
      '<<',
      '!t ',
    );
    const more = fc.constantFrom('|', '>', '#', '%', '? ', ',', '\t', '1', '---\n', '...\n', '\\', '@', '`', '\r');
    fc.assert(
      fc.property(fc.array(fc.oneof(fragment, more), { maxLength: 40 }), (parts) => {
        const document = parseDocument(parts.join(''), 'a.yaml');
        for (const { origin } of document.problems) expect(origin.line).toBeGreaterThan(0);
        expect(document.locate(['a', 0, 'b']).line).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });
});
