import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BASE_TYPES } from '../../src/alwayson/codec/base-types.js';
import { CODE } from '../../src/alwayson/codec/codes.js';
import { SERVICE_CODES } from '../../src/sandbox/iothub/answers/service-error.js';
import { PROTOCOL_PAGES } from '../support/citations.js';

/** The first two cells of each row of the tables in one section. */
function rowsOf(file: string, heading: string): [string, string][] {
  const [, section = ''] = readFileSync(file, 'utf8').split(new RegExp(`^### ${heading} .*$`, 'mu'));
  const [body = ''] = section.split(/^##/mu);
  return [...body.matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\|/gmu)]
    .map(([, first = '', second = '']): [string, string] => [first, second])
    .filter(([first]) => /^[0-9a-fA-Fx]+\b/u.test(first));
}

/** Names and numbers of rows such as `50 to 52 | A, B, C` and `8, 9 | A, B`. */
function pairsOf(rows: readonly [string, string][]): [string, number][] {
  return rows.flatMap(([numbers, names]) => {
    const [first = 0, last = first] = numbers.split(' to ').map(Number);
    const all = numbers.includes(' to ')
      ? Array.from({ length: last - first + 1 }, (_, index) => first + index)
      : numbers.split(', ').map((text) => (text === 'ff' ? 0xff : Number(text)));
    const each = names.replaceAll(/ \(.*?\)/gu, '').split(', ');
    expect([names, each.length]).toEqual([names, all.length]);
    return each.map((name, index): [string, number] => [name, all[index] ?? NaN]);
  });
}

describe('tables of the protocol pages', () => {
  it('have every base type with the code that the codec uses', () => {
    const pairs = pairsOf(rowsOf(PROTOCOL_PAGES.AO, '3.2'));
    expect(Object.fromEntries(pairs)).toEqual(
      Object.fromEntries(Object.entries(BASE_TYPES).map(([name, { code }]) => [name, code])),
    );
  });

  it('have no message code that the codec names differently', () => {
    const pairs = rowsOf(PROTOCOL_PAGES.AO, '2.1').map(([code, name]): [string, number] => [name, Number(code)]);
    expect(pairs.length).toBeGreaterThan(30);
    expect(pairs.filter(([name, code]) => CODE[name as keyof typeof CODE] !== code)).toEqual([]);
  });

  it('have no hub error with a number other than the one that the local hub sends', () => {
    const pairs = pairsOf(rowsOf(PROTOCOL_PAGES.HUB, 'A\\.3'));
    const known = pairs.filter(([name]) => Object.hasOwn(SERVICE_CODES, name));
    expect(known.length).toBeGreaterThan(20);
    expect(
      known.filter(([name, number]) => SERVICE_CODES[name as keyof typeof SERVICE_CODES].number !== number),
    ).toEqual([]);
  });
});

describe('examples of the AlwaysOn page', () => {
  const vectors = JSON.parse(readFileSync('test/vectors/encoder-frames.json', 'utf8')) as {
    name: string;
    hex: string;
  }[];
  const [, chapter = ''] = readFileSync(PROTOCOL_PAGES.AO, 'utf8').split(/^## 13\. .*$/mu);
  const examples = (chapter.split(/^## /mu)[0] ?? '')
    .split(/^### /mu)
    .map((section) => ({
      name: /`([a-z]+(?:_[a-z0-9]+)+)`/u.exec(section)?.[1] ?? '',
      bytes: [...section.matchAll(/^```\n(.*?)^```|`([^`\n]* \|[^`\n]*)`/gmsu)].map(
        (match) => match[1] ?? match[2] ?? '',
      ),
    }))
    .filter(({ name, bytes }) => name !== '' && bytes.length > 0);

  it('are many', () => {
    expect(examples.length).toBeGreaterThan(12);
  });

  it.each(examples)('$name has the bytes of the recorded frame', ({ name, bytes }) => {
    const hex = vectors.filter((vector) => vector.name.split('#')[0] === name).map((vector) => vector.hex);
    expect(hex).not.toEqual([]);
    const missing = bytes.flatMap((text) => hexRunsOf(text)).filter((run) => !hex.some((frame) => frame.includes(run)));
    expect(missing).toEqual([]);
  });
});

/** The bytes of an example: quoted texts are encoded, and dots and remarks end a sequence. */
function hexRunsOf(example: string): string[] {
  return example
    .replaceAll(/ {4,}\S.*$/gmu, '')
    .replaceAll(/"([^"]*)"/gu, (_, text: string) => Buffer.from(text, 'utf8').toString('hex'))
    .replaceAll(/[|\s]+/gu, '')
    .split(/[^0-9a-f]+/u)
    .filter((run) => run.length >= 4);
}
