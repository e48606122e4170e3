/**
 * Texts of other people as Markdown (CommonMark, with the tables of GitHub Flavored Markdown). Nothing in them can begin
 * HTML, a link, an image, a heading or a list, or end the code span, cell or block that they stand in.
 */

/**
 * What has a meaning inside a line: asterisks and underscores beside a word, the middle of a link (there are no
 * references, so other brackets are plain), and the rest anywhere.
 */
const INLINE = /[\\`~|<]|\*(?! |$)|(?<! |^)\*|_(?![A-Za-z0-9])|(?<![A-Za-z0-9])_|\](?=[([:])|(?<=\])[([]|&(?=#?\w+;)/g;

/** What has a meaning at the beginning of a line. */
const LINE_START = /^(?=[#>+*=:-])|(?<=^\d{1,9})(?=[.)])/;

/** Not every renderer takes a backslash before these. */
const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '&': '&amp;' };

const onOneLine = (text: string): string => text.replaceAll(/[\s\u0085]+/g, ' ').trim();

/** A text as plain words on one line. */
export const plainMarkdown = (text: string): string =>
  onOneLine(text)
    .replaceAll(INLINE, (found) => ENTITIES[found] ?? `\\${found}`)
    .replace(LINE_START, '\\');

/** A text as a code span; its fence has more back quotes than any run of them in the text. */
export function codeSpan(text: string): string {
  const line = onOneLine(text);
  if (line === '') return '';
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = /^`|`$/.test(line) ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A text as a code block. */
export function codeBlock(language: string, text: string): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return [`${fence}${language}`, ...text.split('\n'), fence];
}

/**
 * The row of a table. Every bar in a cell gets an odd number of backslashes before it: renderers differ in what an even
 * number means. In code spans, too, the table takes one of them off.
 */
export const tableRow = (cells: readonly string[]): string => `| ${cells.map(cellText).join(' | ')} |`;

/** A text as the content of a cell. */
export const cellText = (text: string): string =>
  text.replaceAll(/(\\*)\|/g, (_bar, before: string) => `${before}${before.length % 2 === 0 ? '\\' : ''}|`);

const longestRun = (text: string): number =>
  [...text.matchAll(/`+/g)].reduce((longest, [run]) => Math.max(longest, run.length), 0);
