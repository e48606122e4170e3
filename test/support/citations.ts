import { readFileSync } from 'node:fs';

/** The pages with protocol facts, by the name under which they are cited. */
export const PROTOCOL_PAGES = {
  AO: 'docs/protocol/alwayson.md',
  TWX: 'docs/protocol/thingworx-files.md',
  HUB: 'docs/protocol/iot-hub.md',
} as const;

type PageName = keyof typeof PROTOCOL_PAGES;

const SECTION = /^(?:\d{1,2}|[A-Z])(?:\.\d{1,2})?$/u;

/** The numbered headings of a page in their order: `8` of `## 8. Title`, `8.3` of `### 8.3 Title`. */
export function sectionsOf(page: string): string[] {
  const headings = page.matchAll(/^(?:## ((?:\d{1,2}|[A-Z]))\. |### ((?:\d{1,2}|[A-Z])\.\d{1,2}) )\S/gmu);
  return [...headings].map(([, chapter, section]) => chapter ?? section ?? '');
}

/** What cites no section of `sections`: unknown sections, and brackets that begin as a citation and are none. */
export function brokenCitations(text: string, sections: Readonly<Record<PageName, readonly string[]>>): string[] {
  return [...text.matchAll(/\[(AO|TWX|HUB)\b([^\]\n]*)\]?/gu)]
    .filter(([whole, page, list = '']) => {
      const cited = list.trim().split(/, ?/u);
      const isWhole = whole.endsWith(']') && list.startsWith(' ');
      return !isWhole || !cited.every((id) => SECTION.test(id) && sections[page as PageName].includes(id));
    })
    .map(([whole]) => whole);
}

/** The sections of all pages. */
export const protocolSections = (): Record<PageName, string[]> => ({
  AO: sectionsOf(readFileSync(PROTOCOL_PAGES.AO, 'utf8')),
  TWX: sectionsOf(readFileSync(PROTOCOL_PAGES.TWX, 'utf8')),
  HUB: sectionsOf(readFileSync(PROTOCOL_PAGES.HUB, 'utf8')),
});

const NUMBERS = String.raw`\((?:[A-H]\.)?[1-9]\d?(?:\.\d{1,2})?(?:, ?[1-9]\d?(?:\.\d{1,2})?)*\)`;
const DOTTED = String.raw`\((?:[A-H]|[1-9]\d?)\.\d{1,2}(?:, ?[1-9]\d?(?:\.\d{1,2})?)*\)`;

/** A section in round brackets, in a comment or at the end of a test's title. A call such as `f(2)` has no blank there. */
const BARE = new RegExp(
  [
    String.raw`^\s*(?:/\*\*|\*|//).*(?<=\s)${NUMBERS}`,
    String.raw`\b(?:describe|it|test)(?:\.each)?\(\s*(['"\x60]).*(?<=\s)${NUMBERS}\1`,
    String.raw`^\s*(['"\x60])[^'"\x60]*(?<=\s)${DOTTED}\2,?$`,
  ].join('|'),
  'u',
);

/** Lines of a source that name a section without its page, where a reader could not look it up. */
export const bareCitations = (source: string): string[] =>
  source
    .split('\n')
    .filter((line) => /protocol notes|thingworx-formats/iu.test(line) || BARE.test(line))
    .map((line) => line.trim());
