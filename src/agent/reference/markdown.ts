import { cellText } from '../../documents/markdown.js';

/** A table in Markdown with columns of equal width, as prettier writes it; bars inside cells are escaped. */
export function markdownTable(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [names, ...rows].map((row) => row.map(cellOf));
  const widths = names.map((_, index) => Math.max(3, ...cells.map((row) => (row[index] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, index) => (row[index] ?? '').padEnd(width)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

const cellOf = (text: string): string => cellText(text).replaceAll('\n', ' ');

export { codeSpan as code } from '../../documents/markdown.js';
