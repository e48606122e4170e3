import { LIBRARIES, MODULES } from './modules.js';

const BEGIN = '<!-- modules: written by `npm run generate` from scripts/modules.ts -->';
const END = '<!-- /modules -->';

/**
 * Returns docs/architecture.md with up-to-date tables of modules and libraries; the rest is unchanged.
 * @throws Error if the page has lost the marks around the tables.
 */
export function withModuleTables(page: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`docs/architecture.md must have the lines "${BEGIN}" and "${END}".`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${tables()}\n\n${page.slice(end)}`;
}

function tables(): string {
  const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  return [
    ...table(
      ['Module', 'Purpose', 'May import'],
      MODULES.map(({ name, purpose, imports }) => [code([name]), purpose, code(imports) || 'nothing']),
    ),
    '',
    ...table(
      ['Library', 'Imported only by'],
      Object.entries(LIBRARIES).map(([name, places]) => [code([name]), code(places)]),
    ),
  ].join('\n');
}

/** Formats a Markdown table with its columns padded as prettier does it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
