import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checkDocument } from '../../../src/documents/check.js';
import { nearMiss } from '../../../src/documents/near-miss.js';
import { formatPath, formatProblem } from '../../../src/documents/problem.js';
import { parseDocument, readDocument } from '../../../src/documents/read.js';

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
  it('gives the value of a document that is in order, YAML or JSON', () => {
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
      'a.yaml:5:5: items[0].id: is required (give text)',
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
    ['name: abc\neither: {dept: 1}', 'a.yaml:2:1: either.depth: is required (give a number)'],
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
      'a.yaml:2:1: shape.length: is required (give a number)',
      'a.yaml:2:21: shape.lenght: unknown key (did you mean "length"?)',
    ]);
  });
});

describe('parseDocument', () => {
  it.each([
    ['a: 1\na: 2', 'a.yaml:2:1: Map keys must be unique'],
    [
      'a: !secret x',
      'a.yaml:1:4: this tag is not known, or does not fit the value (put a text that begins with ! in quotes)',
    ],
    ['a: 1\n---\nb: 2', 'a.yaml:2:1: only one document in a file is read'],
  ])('refuses %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('names a broken notation with its place', () => {
    expect(problemsOf('name: [1\nb: 2')[0]).toMatch(/^a\.yaml:\d+:\d+: .+/);
  });

  it('refuses a small text that would grow large', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]', 'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]'];
    bomb.push('c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]', 'd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]');
    expect(problemsOf(bomb.join('\n'))[0]).toContain('Excessive alias count');
  });

  it.each([
    ['[', 100_000],
    ['{a: ', 20_000],
    ['- ', 5_000],
  ])('refuses %j nested too deep', (opener, count) => {
    expect(problemsOf(opener.repeat(count))).toEqual([
      'a.yaml:1:1: the document is nested more than 64 levels deep (make it flatter)',
    ]);
  });

  it('refuses a text above its limit', () => {
    const document = parseDocument('name: abcdef', 'a.yaml', { maxBytes: 8 });
    expect(document.problems.map(formatProblem)).toEqual([
      'a.yaml:1:1: the document is larger than 8 bytes (split it)',
    ]);
  });

  it('keeps a key named __proto__ an ordinary key', () => {
    const document = parseDocument('__proto__: { polluted: true }', 'a.yaml');
    expect(Object.keys(document.value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('locates keys, values, items and what is behind an alias', () => {
    const document = parseDocument('base: &b { x: 1 }\nlist:\n  - *b\n  - y: 2\n', 'a.yaml');
    expect(document.locate(['list', 1, 'y'])).toEqual({ source: 'a.yaml', line: 4, column: 8 });
    expect(document.locate(['list', 1, 'y'], 'key')).toEqual({ source: 'a.yaml', line: 4, column: 5 });
    expect(document.locate(['list', 0, 'x'])).toEqual({ source: 'a.yaml', line: 1, column: 15 });
    expect(document.locate(['list', 7])).toEqual({ source: 'a.yaml', line: 2, column: 1 });
    expect(document.locate(['nothing', 'here'])).toEqual({ source: 'a.yaml', line: 1, column: 1 });
  });
});

describe('readDocument', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'documents-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads a file', async () => {
    const file = join(folder, 'a.yaml');
    await writeFile(file, 'name: abc\n');
    expect((await readDocument(file)).value).toEqual({ name: 'abc' });
  });

  it('refuses a file above the limit without reading it whole', async () => {
    const file = join(folder, 'large.yaml');
    await writeFile(file, `name: ${'x'.repeat(1000)}\n`);
    expect((await readDocument(file, { maxBytes: 100 })).problems).toHaveLength(1);
  });

  it('says why a file cannot be read', async () => {
    await expect(readDocument(join(folder, 'none.yaml'))).rejects.toMatchObject({
      code: 'DocumentUnreadable',
      message: expect.stringContaining('there is no such file'),
    });
    await expect(readDocument(folder)).rejects.toMatchObject({ message: expect.stringContaining('directory') });
  });
});

describe('nearMiss and formatPath', () => {
  it.each([
    ['thingworks', 'thingworx'],
    ['app_key', 'appKey'],
    ['APPKEY', 'appKey'],
    ['zzz', undefined],
  ])('%s', (word, meant) => {
    expect(nearMiss(word, ['thingworx', 'appKey', 'iothubs'])).toBe(meant);
  });

  it('writes a path as people do', () => {
    expect(formatPath(['a', 0, 'b-c', 'd.e'])).toBe('a[0].b-c["d.e"]');
  });
});
