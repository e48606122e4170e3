/**
 * Escapes untrusted texts for Markdown (CommonMark, with the tables of GitHub Flavored Markdown). Nothing in them can begin
 * HTML, a link, an image, a heading or a list, or end the code span, cell or block that contains them.
 */

/**
 * Characters with a meaning within a line: asterisks and underscores beside a word, the middle of a link (other brackets
 * are plain, since there are no references), and the others anywhere.
 */
const INLINE = /[\\`~|<]|\*(?! |$)|(?<! |^)\*|_(?![A-Za-z0-9])|(?<![A-Za-z0-9])_|\](?=[([:])|(?<=\])[([]|&(?=#?\w+;)/g;

/** Characters with a meaning at the beginning of a line. */
const LINE_START = /^(?=[#>+*=:-])|(?<=^\d{1,9})(?=[.)])/;

/** Not every renderer accepts a backslash before these. */
const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '&': '&amp;' };

const onOneLine = (text: string): string => text.replaceAll(/[\s\u0085]+/g, ' ').trim();

/** Returns a string as plain words on one line. */
export const plainMarkdown = (text: string): string =>
  onOneLine(text)
    .replaceAll(INLINE, (found) => ENTITIES[found] ?? `\\${found}`)
    .replace(LINE_START, '\\');

/** Returns a string as a code span, whose fence has more backticks than any run of them in the text. */
export function codeSpan(text: string): string {
  const line = onOneLine(text);
  if (line === '') return '';
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = /^`|`$/.test(line) ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Returns a string as a code block. */
export function codeBlock(language: string, text: string): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return [`${fence}${language}`, ...text.split('\n'), fence];
}

/**
 * Returns a row of a table. Every bar in a cell is preceded by an odd number of backslashes, since renderers differ on even
 * numbers. The table removes one backslash, also in code spans.
 */
export const tableRow = (cells: readonly string[]): string => `| ${cells.map(cellText).join(' | ')} |`;

/** Returns a string as the content of a cell. */
export const cellText = (text: string): string =>
  text.replaceAll(/(\\*)\|/g, (_bar, before: string) => `${before}${before.length % 2 === 0 ? '\\' : ''}|`);

const longestRun = (text: string): number =>
  [...text.matchAll(/`+/g)].reduce((longest, [run]) => Math.max(longest, run.length), 0);
