/** What a renderer of Markdown makes of a page, as far as foreign texts could change it. */
export interface Outline {
  /** A word for each line: heading, fence, code, row with its number of cells, item, blank, text. */
  readonly lines: readonly string[];
  /** Lines, code taken out, that hold HTML, a link, an image, or a definition of one. */
  readonly active: readonly string[];
}

/** Reads a page by the rules of CommonMark and, for tables, of GitHub Flavored Markdown, for the blocks that we write. */
export function markdownOutline(page: string): Outline {
  const lines: string[] = [];
  const active: string[] = [];
  let fence = '';
  for (const line of page.split('\n')) {
    const [, marks = ''] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence !== '') {
      const isEnd = marks.startsWith(fence) && line.trim() === marks;
      lines.push(isEnd ? 'fence' : 'code');
      if (isEnd) fence = '';
    } else if (marks !== '') {
      fence = marks;
      lines.push('fence');
    } else {
      lines.push(kindOf(line));
      const rest = line.startsWith('|') ? cellsOf(line).map(withoutCode).join(' | ') : withoutCode(line);
      if (hasMarkup(rest)) active.push(line);
    }
  }
  return { lines, active };
}

/** HTML or an autolink, or a bracket that closes the text of a link, image or definition; backslashes taken in pairs. */
const hasMarkup = (text: string): boolean => /<|\](?=[([:])/.test(text.replaceAll(/\\./gsu, '_'));

function kindOf(line: string): string {
  if (line.trim() === '') return 'blank';
  const [, heading] = /^ {0,3}(#{1,6})(?: |$)/.exec(line) ?? [];
  if (heading !== undefined) return `heading ${heading.length}`;
  if (/^ {0,3}(?:[-+*]|\d{1,9}[.)])(?: |$)/.test(line)) return 'item';
  if (/^ {0,3}(?:>|={1,}\s*$|-{1,}\s*$)/.test(line)) return 'other block';
  return line.startsWith('|') ? `row of ${cellsOf(line).length}` : 'text';
}

/** Cells of a row: a bar ends a cell unless an odd number of backslashes is before it. */
function cellsOf(line: string): string[] {
  const inner = line.replace(/^\|/, '').replace(/\|\s*$/, '');
  const cells = [''];
  for (const [piece] of inner.matchAll(/\\.|\||[^\\|]+|\\$/gsu)) {
    if (piece === '|') cells.push('');
    else cells.push((cells.pop() ?? '') + piece);
  }
  return cells.map((cell) => cell.replaceAll(String.raw`\|`, '|'));
}

/** The text without its code spans: each begins and ends with a run of back quotes of the same length. */
function withoutCode(text: string): string {
  let rest = '';
  let at = 0;
  while (at < text.length) {
    if (text[at] === '\\') {
      rest += text.slice(at, at + 2);
      at += 2;
      continue;
    }
    const run = /^`+/.exec(text.slice(at))?.[0] ?? '';
    const close = run === '' ? -1 : closing(text, at + run.length, run.length);
    if (close >= 0) at = close;
    else {
      rest += run === '' ? text.charAt(at) : run;
      at += Math.max(1, run.length);
    }
  }
  return rest;
}

function closing(text: string, from: number, length: number): number {
  for (const found of text.slice(from).matchAll(/`+/g)) {
    if (found[0].length === length) return from + found.index + length;
  }
  return -1;
}
