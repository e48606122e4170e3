import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'test/vectors/README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const withoutCode = (page: string): string => page.replaceAll(/^ *```.*?^ *```/gmsu, '').replaceAll(/`[^`\n]*`/gu, '');

/** The anchors that GitHub generates for the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const headings = page.replaceAll(/^ *```.*?^ *```/gmsu, '').matchAll(/^#{1,6} +(.+)$/gmu);
  const slugs = [...headings].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/gu, '-'),
  );
  return new Set(slugs);
}

/** The links of a page to files and headings of this repository. */
const linksOf = (page: string): string[] =>
  [...withoutCode(page).matchAll(/\]\(([^()\s]+)\)/gu)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/u.test(target));

function isBroken(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(file)) return true;
  return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).has(anchor);
}

describe('links of the documentation', () => {
  it('lead to files and headings that exist', () => {
    const links = pages.flatMap((file) => linksOf(readFileSync(file, 'utf8')).map((target) => ({ file, target })));
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(({ file, target }) => isBroken(file, target))).toEqual([]);
  });

  it.each([
    ['docs/wrappers.md', '#patterns', false],
    ['docs/wrappers.md', '#no-such-heading', true],
    ['docs/sandbox.md', 'protocol/alwayson.md#83-property-subscriptions', false],
    ['docs/sandbox.md', '../config/sandbox.yaml', false],
    ['docs/sandbox.md', 'no-such-page.md', true],
    ['README.md', 'docs/architecture.md#what-was-never-tried', false],
  ])('of %s to %s: broken is %s', (file, target, broken) => {
    expect(isBroken(file, target)).toBe(broken);
  });

  it('are found outside of code only', () => {
    expect(linksOf('[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n[g](https://x.y) [h](#i)')).toEqual(['b.md', '#i']);
  });
});
