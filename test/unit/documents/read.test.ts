import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formatProblem } from '../../../src/documents/problem.js';
import { parseDocument, readDocument } from '../../../src/documents/read.js';

const problemsOf = (text: string): string[] => parseDocument(text, 'a.yaml').problems.map(formatProblem);

describe('parseDocument', () => {
  it.each([
    ['a: 1\na: 2', 'a.yaml:2:1: Map keys must be unique'],
    [
      'a: !secret x',
      'a.yaml:1:4: this tag is not known, or does not fit the value (put a string that begins with ! in quotes)',
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

  it('refuses a string above its limit', () => {
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
