import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formatProblem } from '../../../src/documents/problem.js';
import { parseDocument, readDocument } from '../../../src/documents/read.js';

const problemsOf = (text: string, file = 'a.yaml'): string[] => parseDocument(text, file).problems.map(formatProblem);

function valueOf(text: string): unknown {
  const { value, problems } = parseDocument(text, 'a.yaml');
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  return value;
}

describe('merge keys', () => {
  it.each<[string, string, unknown]>([
    ['of one map', 'b: &b {x: 1, y: 2}\nc: {<<: *b, z: 3}', { x: 1, y: 2, z: 3 }],
    ['where its own key comes after', 'b: &b {x: 1}\nc: {<<: *b, x: 9}', { x: 9 }],
    ['where its own key comes before', 'b: &b {x: 1}\nc: {x: 9, <<: *b}', { x: 9 }],
    ['of a list, the earlier first', 'b: &b {x: 1}\nd: &d {x: 2, y: 2}\nc: {<<: [*b, *d]}', { x: 1, y: 2 }],
    ['twice in a map', 'b: &b {x: 1}\nd: &d {x: 2, y: 2}\nc: {<<: *b, <<: *d}', { x: 1, y: 2 }],
    ['of a map written in place', 'c: {<<: {x: 1}, y: 2}', { x: 1, y: 2 }],
    ['of a merged map', 'b: &b {x: 1}\nd: &d {<<: *b, y: 2}\nc: {<<: *d, z: 3}', { x: 1, y: 2, z: 3 }],
    ['of an empty map', 'b: &b {}\nc: {<<: *b, z: 3}', { z: 3 }],
    [
      'with a value that is a map, which is replaced whole',
      'b: &b {x: {a: 1}}\nc: {<<: *b, x: {c: 2}}',
      { x: { c: 2 } },
    ],
    ['in quotes, which is a name', 'b: &b {x: 1}\nc: {"<<": *b}', { '<<': { x: 1 } }],
    ['that holds __proto__', 'b: &b {__proto__: 1}\nc: {<<: *b}', JSON.parse('{"__proto__": 1}')],
  ])('%s', (_what, text, wanted) => {
    const value = valueOf(text) as Record<string, unknown>;
    expect(value['c']).toEqual(wanted);
    expect(Object.keys(value['c'] as object).sort()).toEqual(Object.keys(wanted as object).sort());
  });

  it.each(['<<: 5', '<<:', '<<: [{a: 1}, 5]', '<<: text', '<<: [[{a: 1}]]'])('cannot be `%s`', (text) => {
    expect(problemsOf(`${text}\nb: 1`)).toEqual([
      expect.stringContaining('a merge key (<<) takes a map or a list of maps'),
    ]);
  });

  it('places what was merged where it was written', () => {
    const document = parseDocument('b: &b\n  x: 1\n  y: 2\nc:\n  <<: *b\n  y: 3\n', 'a.yaml');
    expect(document.locate(['c', 'x'])).toEqual({ source: 'a.yaml', line: 2, column: 6 });
    expect(document.locate(['c', 'x'], 'key')).toEqual({ source: 'a.yaml', line: 2, column: 3 });
    expect(document.locate(['c', 'y'])).toEqual({ source: 'a.yaml', line: 6, column: 6 });
  });

  it('finds repeated keys beside them', () => {
    expect(problemsOf('b: &b {x: 1}\nc: {x: 1, <<: *b, x: 2}')).toEqual(['a.yaml:2:19: Map keys must be unique']);
  });
});

describe('names', () => {
  it.each<[string, unknown]>([
    ['? a\n: 1', { a: 1 }],
    ['b: &k c\n*k : 1', { b: 'c', c: 1 }],
    ['5: 1\ntrue: 2\n~: 3', { '5': 1, true: 2, '': 3 }],
    ['&k a: *k', { a: 'a' }],
  ])('%j', (text, wanted) => {
    expect(valueOf(text)).toEqual(wanted);
  });

  it('cannot be maps or lists', () => {
    expect(problemsOf('{[a]: 1}')).toEqual([expect.stringContaining('a.yaml:1:2: a key must be text')]);
    expect(problemsOf('b: &k [c]\n*k : 1')).toEqual([expect.stringContaining('a.yaml:2:1: a key must be text')]);
    expect(problemsOf('*none : 1')).toEqual([expect.stringContaining('this alias names an anchor')]);
  });
});

describe('keys of the top level that begin with x-', () => {
  it('are left out, and hold anchors for the rest', () => {
    expect(valueOf('x-common: &c {level: debug}\nx-note: [1]\nlog: {<<: *c}\n')).toEqual({ log: { level: 'debug' } });
    expect(valueOf('{"x-note": 1, "a": 2}')).toEqual({ a: 2 });
  });

  it('are ordinary keys further down, and without the dash', () => {
    expect(valueOf('a: {x-b: 1}\nxc: 2')).toEqual({ a: { 'x-b': 1 }, xc: 2 });
  });

  it('may hold numbers that nothing uses', () => {
    expect(valueOf('x-serial: 12345678901234567891\na: 1')).toEqual({ a: 1 });
    expect(problemsOf('x-serial: &s 12345678901234567891\na: *s')).toEqual([
      expect.stringMatching(/^a\.yaml:1:14: a: is a whole number that cannot be represented exactly/),
    ]);
  });
});

describe('whole numbers that a double cannot hold', () => {
  it.each([
    ['a: 7615917337495251231', 'a.yaml:1:4: a: '],
    ['a: -9007199254740993', 'a.yaml:1:4: a: '],
    ['a: +9007199254740993', 'a.yaml:1:4: a: '],
    ['a: 0x20000000000001', 'a.yaml:1:4: a: '],
    ['a: 0o400000000000000001', 'a.yaml:1:4: a: '],
    ['a: 9007199254740993.0', 'a.yaml:1:4: a: '],
    ['a: 12345678901234567891e0', 'a.yaml:1:4: a: '],
    ['a: 1e400', 'a.yaml:1:4: a: '],
    ['a: 1e999999999', 'a.yaml:1:4: a: '],
    [`a: ${'9'.repeat(5000)}`, 'a.yaml:1:4: a: '],
    ['b:\n  - c: [1, 9007199254740993]', 'a.yaml:2:12: b[0].c[1]: '],
    ['{"a": 7615917337495251231}', 'a.yaml:1:7: a: '],
    ['{"b": [{"c": 1},\n  {"c": 9007199254740993}]}', 'a.yaml:2:9: b[1].c: '],
    ['9007199254740993', 'a.yaml:1:1: '],
  ])('%j is refused with its place', (text, start) => {
    expect(problemsOf(text)).toEqual([
      expect.stringContaining(`${start}is a whole number that cannot be represented exactly`),
    ]);
  });

  it('are refused one by one', () => {
    expect(problemsOf('a: 9007199254740993\nb: [9007199254740993]')).toHaveLength(2);
  });

  it.each<[string, unknown]>([
    ['a: 9007199254740992', 9_007_199_254_740_992],
    ['a: -9007199254740991', -9_007_199_254_740_991],
    ['a: 10000000000000000000000', 1e22],
    ['{"a": 10000000000000000000000}', 1e22],
    ['a: 0.1234567890123456789', 0.123_456_789_012_345_68],
    [`a: 0.${'3'.repeat(1000)}`, 1 / 3],
    ['a: 1.5e300', 1.5e300],
    ['a: "7615917337495251231"', '7615917337495251231'],
    ['a: .inf', Number.POSITIVE_INFINITY],
    ['a: 0x1F', 31],
  ])('but not %s', (text, wanted) => {
    expect(valueOf(text)).toEqual({ a: wanted });
  });

  it('keep their digits as names', () => {
    expect(valueOf('7615917337495251231: 1')).toEqual({ '7615917337495251231': 1 });
  });
});

describe('errors of notation', () => {
  const SECRET = 'q7Kx-unquoted-secret';
  it.each([
    `a: *${SECRET}`,
    `a: !${SECRET}`,
    `a: !${SECRET} b`,
    `a: !<${SECRET} b`,
    `a: |${SECRET}\n b`,
    `a: >${SECRET}`,
    `a: @${SECRET}`,
    `a: \`${SECRET}`,
    `a: %${SECRET}`,
    `a: "${SECRET}`,
    `a: '${SECRET}`,
    `a: "\\q${SECRET}"`,
    `a: {${SECRET}`,
    `a: [${SECRET}`,
    `a: ]${SECRET}`,
    `a: }${SECRET}`,
    `a: "b" ${SECRET}`,
    `a: ${SECRET}: b`,
    `a:\n  b: 1\n ${SECRET}`,
    `a: 1\n${SECRET}`,
    `%${SECRET} x\n---\na: 1`,
    `a: &b *${SECRET}`,
    `a: &b &${SECRET} c`,
    `a: !!int ${SECRET}`,
    `a: !!binary ${SECRET}`,
    `? [${SECRET}]\n: 1`,
    `a: {{ ${SECRET} }}`,
    `<<: ${SECRET}`,
    `<<: *${SECRET}`,
    `a: b\n\t${SECRET}: c`,
    `a: - ${SECRET}`,
    `*${SECRET} : a`,
  ])('say what is wrong and where without repeating a value: %j', (text) => {
    const problems = problemsOf(text);
    expect(problems[0]).toMatch(/^a\.yaml:\d+:\d+: \S/);
    expect(problems.join('\n')).not.toContain('q7Kx');
  });

  it('places an alias that names nothing', () => {
    expect(problemsOf('a: 1\nb: *none')).toEqual([
      'a.yaml:2:4: this alias names an anchor that does not exist above it (put a string that begins with * in quotes)',
    ]);
    expect(problemsOf('b: *late\na: &late 1')).toHaveLength(1);
  });

  it('refuses a value that holds itself', () => {
    expect(problemsOf('a: &a [*a]')).toEqual(['a.yaml:1:8: an alias cannot stand inside the value that it names']);
    expect(problemsOf('a: &a {<<: *a}')[0]).toContain('cannot stand inside');
  });

  it('finds a name that JSON has twice', () => {
    expect(problemsOf('{"a": 1,\n "b": {"c:": ":", "c:": 2},\n "a": 3}')).toEqual([
      'a.yaml:2:19: Map keys must be unique',
      'a.yaml:3:2: Map keys must be unique',
    ]);
  });
});

describe('bounds of a document', () => {
  const lines = (count: number, line: (index: number) => string, end = '\n'): string =>
    Array.from({ length: count }, (_, index) => line(index)).join(end);

  it.each<[string, string]>([
    ['YAML', lines(60_000, (index) => `k${index}: 1`)],
    ['YAML in braces', `{${lines(60_000, (index) => `k${index}: 1`, ', ')}}`],
    ['JSON', `{${lines(60_000, (index) => `"k${index}":1`, ',')}}`],
  ])('refuses a map of 60,000 keys in %s', (_what, text) => {
    expect(problemsOf(text)).toEqual(['a.yaml:1:1: this map has more than 5000 keys (split it)']);
  });

  it('refuses 4 MB of comment lines, and takes as much in long lines', () => {
    expect(problemsOf(`${'#\n'.repeat(2_000_000)}a: 1`)).toEqual([
      expect.stringContaining('has more than 200000 lines'),
    ]);
    expect(valueOf(`${`#${'x'.repeat(98)}\n`.repeat(40_000)}a: 1`)).toEqual({ a: 1 });
  });

  it('refuses a string of very many words', () => {
    expect(problemsOf(`[${'a,'.repeat(300_000)}]`)).toEqual([expect.stringContaining('has more than 500000 words')]);
  });

  it.each([
    ['tags', '- !x y\n'.repeat(20_000)],
    ['quotes', '"'.repeat(100_000)],
    ['directives', `${'%FOO bar\n'.repeat(20_000)}---\na: 1`],
    ['repeated keys', 'a: 1\n'.repeat(4000)],
  ])('shows the first hundred of very many errors: %s', (_what, text) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toContain('there are more errors from here on');
  });

  it('counts what merges repeat', () => {
    expect(problemsOf(`- &a {x: 1, y: 2}\n${'- <<: *a\n'.repeat(5000)}`)[0]).toContain('Excessive alias count');
    expect(valueOf(`- &a {x: 1}\n${'- <<: *a\n'.repeat(2000)}`)).toHaveLength(2001);
  });

  it('refuses merges of merges of merges', () => {
    const layers = lines(12, (index) => `l${index + 1}: &l${index + 1} {<<: [${lines(9, () => `*l${index}`, ',')}]}`);
    expect(problemsOf(`l0: &l0 {x: 1}\n${layers}`)).toEqual([expect.stringContaining('Excessive alias count')]);
  });

  it('refuses depth that aliases build up', () => {
    const open = '['.repeat(30);
    const close = ']'.repeat(30);
    const text = ['a: &a ' + open + close, `b: &b ${open}*a${close}`, `c: &c ${open}*b${close}`].join('\n');
    expect(problemsOf(text)).toEqual([expect.stringContaining('nested more than 64 levels deep')]);
  });
});

describe('readDocument', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'notation-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function written(content: string | Buffer): Promise<string> {
    const file = join(folder, 'a.yaml');
    await writeFile(file, content);
    return file;
  }

  it('names the encoding of a file that is not UTF-8', async () => {
    const file = await written(Buffer.from('\uFEFFname: abc\n', 'utf16le'));
    expect((await readDocument(file)).problems.map(formatProblem)).toEqual([
      `${file}:1:1: the file is UTF-16 LE text, not UTF-8 (save the file as UTF-8)`,
    ]);
  });

  it('names the place of the first byte that is not UTF-8', async () => {
    const file = await written(Buffer.from('a: 1\ncity: Zürich\n', 'latin1'));
    expect((await readDocument(file)).problems.map(formatProblem)).toEqual([
      expect.stringContaining(`${file}:2:8: the file is not UTF-8 text`),
    ]);
  });

  it('takes a byte order mark, and does not count it', async () => {
    const document = await readDocument(await written('\uFEFFa: {b: 1}\n'));
    expect(document.value).toEqual({ a: { b: 1 } });
    expect(document.locate(['a', 'b'])).toMatchObject({ line: 1, column: 8 });
    expect((await readDocument(await written('\uFEFF{"a": 1}'))).value).toEqual({ a: 1 });
  });

  it('lets the event loop go on while it reads a long text', async () => {
    const file = await written('- a\n'.repeat(50_000));
    let turns = 0;
    let isRead = false;
    const count = (): void => {
      turns += 1;
      if (!isRead) setImmediate(count);
    };
    setImmediate(count);
    const { value } = await readDocument(file);
    isRead = true;
    expect(value).toHaveLength(50_000);
    // Reading the file itself takes a few turns, its 150,000 words at least fifteen.
    expect(turns).toBeGreaterThan(15);
  });

  it('refuses pipes, directories and devices at once', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(readDocument(pipe)).rejects.toMatchObject({
      code: 'DocumentUnreadable',
      message: `${pipe}: cannot be read: it is a named pipe, not a regular file`,
    });
    await expect(readDocument(folder)).rejects.toThrow('it is a directory');
    await expect(readDocument('/dev/zero')).rejects.toThrow('it is a device');
  });
});
