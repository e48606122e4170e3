import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PROTOCOL_PAGES, bareCitations, brokenCitations, protocolSections, sectionsOf } from '../support/citations.js';

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|tsx|cjs|md|json|yaml)$/u.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

/** This file and its helper contain citations that are wrong on purpose. */
const OWN = /protocol-citations\.test\.ts$|support\/citations\.ts$/u;

const cited = ['src', 'test', 'docs', 'scripts', 'config']
  .flatMap(filesBelow)
  .filter((file) => !OWN.test(file))
  .concat('README.md', 'CONTRIBUTING.md', 'SECURITY.md');

describe('citations of protocol facts', () => {
  it('resolve to a heading of the page that they name', () => {
    const sections = protocolSections();
    const broken = cited.flatMap((file) =>
      brokenCitations(readFileSync(file, 'utf8'), sections).map((citation) => `${file}: ${citation}`),
    );
    expect(broken).toEqual([]);
  });

  it('name their page', () => {
    const sources = cited.filter((file) => /^(?:src|test)\b.*\.ts$/u.test(file));
    const bare = sources.flatMap((file) => bareCitations(readFileSync(file, 'utf8')).map((line) => `${file}: ${line}`));
    expect(bare).toEqual([]);
  });

  it.each([
    ['/** The content (7.1). */', true],
    [' * The content (7), as it was seen (4.4, 7.3).', true],
    ['// Job bodies (A.4).', true],
    ["describe('header (2)', () => {", true],
    ["  it('answers once (11.4)', async () => {", true],
    ["    '%s is read (4.4)',", true],
    ['/** As protocol notes 5.3 say. */', true],
    ['/** The content [AO 7.1]. */', false],
    ["describe('header [AO 2]', () => {", false],
    ["    ['Mashups', 'Mashups (2)'],", false],
    ['/** Lasts f(2) at most, or 15 bytes (0x0f). */', false],
    ['const a = b (1.5);', false],
    ['/** Closes the connection (1009), as C SDKs (2.2.1) do. */', false],
  ])('without a page are found: %j is one: %s', (line, isBare) => {
    expect(bareCitations(line)).toEqual(isBare ? [line.trim()] : []);
  });

  it.each([
    ['[AO 8.3]', []],
    ['a fact [AO 8.3] and [TWX 5], [HUB A.4]', []],
    ['[AO 4.4, 7.3]', []],
    ['[AO 8.9]', ['[AO 8.9]']],
    ['[AO 4.4, 7.9]', ['[AO 4.4, 7.9]']],
    ['[AO 8.3.1]', ['[AO 8.3.1]']],
    ['[HUB 4]', ['[HUB 4]']],
    ['[TWX]', ['[TWX]']],
    ['[AO section 8.3]', ['[AO section 8.3]']],
    ['[AO 8.3 and', ['[AO 8.3 and']],
    ['[AOS 1], [A0 1] and ["AO 1"]', []],
  ])('%j is judged by the headings', (text, broken) => {
    const sections = { AO: ['4', '4.4', '7.3', '8', '8.3'], TWX: ['5'], HUB: ['A', 'A.4'] };
    expect(brokenCitations(text, sections)).toEqual(broken);
  });
});

describe.each(Object.values(PROTOCOL_PAGES))('%s', (file) => {
  const page = readFileSync(file, 'utf8');

  it('has each section once, below its chapter and in order', () => {
    const sections = sectionsOf(page);
    expect(sections.length).toBeGreaterThan(15);
    expect(new Set(sections).size).toBe(sections.length);
    const chapters = sections.filter((id) => !id.includes('.'));
    const keys = sections.map((id) => {
      const [chapter = '', part = '0'] = id.split('.');
      return chapters.indexOf(chapter) * 100 + Number(part);
    });
    expect(keys.every((key) => key >= 0)).toBe(true);
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
  });

  it('explains every mark that it uses, and uses every mark that it explains', () => {
    const explained = [...page.matchAll(/^\| \(([A-Z?])\) +\|/gmu)].map(([, mark]) => mark);
    const body = page.slice(page.indexOf('\n## '));
    const used = new Set(
      [...body.matchAll(/[(] ?(?:([A-Z?])(?=[):,;])|([A-Z]), [A-Z][):])/gu)].map((m) => m[1] ?? m[2]),
    );
    expect(used).toEqual(new Set(explained));
  });

  it('says of every section, or in the introduction of its chapter, how it is known or on which sections it rests', () => {
    const basis = /\([A-Z?][):,;]|\(\d{1,2}(?:\.\d{1,2})?[,)]/u;
    const silent = page.split(/^(?=## (?:\d|[A-Z]\.))/mu).flatMap((chapter) => {
      const [introduction = '', ...sections] = chapter.split(/^(?=### )/mu);
      if (!introduction.startsWith('## ') || basis.test(introduction)) return [];
      return (sections.length > 0 ? sections : [introduction]).filter((section) => !basis.test(section));
    });
    expect(silent.map((section) => section.split('\n', 1)[0])).toEqual([]);
  });
});
