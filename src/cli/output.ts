import { stringifyJson } from '../core/exact-json.js';
import { printableLines } from '../core/printable.js';
import type { CommandIo } from './command-io.js';

/** The output formats of commands. */
export const OUTPUT_FORMATS = ['text', 'json'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Prints one JSON document, see `jsonText`. */
export function printJson(io: CommandIo, value: unknown): void {
  io.stdout.write(`${jsonText(value)}\n`);
}

/**
 * An indented JSON document with all digits of every whole number. Characters that would control a terminal occur only in
 * its strings, where their escapes mean the same.
 */
export const jsonText = (value: unknown): string => printableLines(stringifyJson(value, 2) ?? 'null');

export function printLine(io: CommandIo, text: string): void {
  io.stdout.write(`${text}\n`);
}

/** Formats columns of equal width below a line of names; no line ends with spaces. */
export function formatTable(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = names.map((name, index) =>
    rows.reduce((widest, row) => Math.max(widest, (row[index] ?? '').length), name.length),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, index) => (cells[index] ?? '').padEnd(width))
      .join('  ')
      .trimEnd();
  return [line(names), ...rows.map(line)].join('\n');
}

type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** Colours text, or returns it unchanged if the output is not a terminal or NO_COLOR or `--no-color` is set. */
export type Paint = (colour: Colour, text: string) => string;

/** @param globalOptions of the program; commander turns `--no-color` into `color: false`. */
export function paintFor(io: CommandIo, globalOptions: { readonly color?: boolean }): Paint {
  const isTerminal = (io.stdout as Partial<NodeJS.WriteStream>).isTTY === true;
  const isWanted = globalOptions.color !== false && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb';
  if (!isTerminal || !isWanted) return (_colour, text) => text;
  return (colour, text) => `\u001B[${CODES[colour]}m${text}\u001B[0m`;
}
