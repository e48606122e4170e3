import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checkDocument } from '../../../src/documents/check.js';
import { formatProblem } from '../../../src/documents/problem.js';
import { parseDocument } from '../../../src/documents/read.js';

const schema = z.strictObject({
  name: z.string().min(2),
  count: z.int().min(1).max(5).optional(),
  level: z.enum(['low', 'high']).optional(),
  items: z.array(z.strictObject({ id: z.string(), weight: z.number().optional() })).optional(),
  hubs: z
    .record(z.string(), z.strictObject({ address: z.string().regex(/^\w+:\d+$/, 'must be host:port') }))
    .optional(),
  either: z.union([z.string(), z.strictObject({ depth: z.int() })]).optional(),
  shape: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('dot') }),
      z.strictObject({ kind: z.literal('line'), length: z.int() }),
    ])
    .optional(),
});

function problemsOf(text: string): string[] {
  const result = checkDocument(parseDocument(text, 'a.yaml'), schema);
  return result.ok ? [] : result.problems.map(formatProblem);
}

describe('checkDocument', () => {
  it('returns the value of a valid document, YAML or JSON', () => {
    const yaml = checkDocument(parseDocument('name: abc\nitems: [{ id: x }]\n', 'a.yaml'), schema);
    const json = checkDocument(parseDocument('{\n\t"name": "abc",\n\t"items": [{"id": "x"}]\n}', 'a.json'), schema);
    expect(yaml).toEqual({ ok: true, value: { name: 'abc', items: [{ id: 'x' }] } });
    expect(json).toEqual(yaml);
  });

  it('names every error at once, with line, column, path and hint', () => {
    const text = [
      'name: a',
      'coutn: 3',
      'level: lo',
      'items:',
      '  - weight: heavy',
      '    ID: x',
      'hubs:',
      '  main:',
      '    address: nowhere',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      'a.yaml:1:7: name: must have at least 2 characters',
      'a.yaml:2:1: coutn: unknown key (did you mean "count"?)',
      'a.yaml:3:8: level: must be one of low, high',
      'a.yaml:5:5: items[0].id: is required (set it to text)',
      'a.yaml:5:13: items[0].weight: must be a number, but is text',
      'a.yaml:6:5: items[0].ID: unknown key (did you mean "id"?)',
      'a.yaml:9:14: hubs.main.address: must be host:port',
    ]);
  });

  it.each([
    ['', 'a.yaml:1:1: must be a map of keys, but is empty'],
    ['[]', 'a.yaml:1:1: must be a map of keys, but is a list'],
    ['name: 5', 'a.yaml:1:7: name: must be text, but is an integer (put it in quotes)'],
    ['name: abc\ncount: 1.5', 'a.yaml:2:8: count: must be an integer, but is a number'],
    ['name: abc\ncount: 9', 'a.yaml:2:8: count: must be at most 5'],
    ['name: abc\neither: 3', 'a.yaml:2:9: either: must be text or a map of keys, but is an integer'],
    ['name: abc\neither: {depth: x}', 'a.yaml:2:17: either.depth: must be a number, but is text'],
    ['name: abc\neither: {dept: 1}', 'a.yaml:2:1: either.depth: is required (set it to a number)'],
    ['name: abc\nshape: {kind: circle}', 'a.yaml:2:15: shape.kind: must be one of dot, line'],
    ['name: abc\nshape: {length: 1}', 'a.yaml:2:1: shape.kind: is required (one of dot, line)'],
    [
      'name: abc\nxyzzy: 1',
      'a.yaml:2:1: xyzzy: unknown key (known here: name, count, level, items, hubs, either, shape)',
    ],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it('knows the keys of the member of a union that was meant', () => {
    expect(problemsOf('name: abc\nshape: {kind: line, lenght: 1}')).toEqual([
      'a.yaml:2:1: shape.length: is required (set it to a number)',
      'a.yaml:2:21: shape.lenght: unknown key (did you mean "length"?)',
    ]);
  });
});
