import { stringifyJson } from '../core/exact-json.js';
import { printableLines } from '../core/printable.js';
import type { CommandIo } from './command-io.js';

/** The forms in which commands print data. */
export const OUTPUT_FORMATS = ['text', 'json'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Prints one JSON document, see `jsonText`. */
export function printJson(io: CommandIo, value: unknown): void {
  io.stdout.write(`${jsonText(value)}\n`);
}

/**
 * An indented JSON document with the digits of every whole number. Characters that would steer a terminal stand only
 * inside its strings, where their escapes mean the same.
 */
export const jsonText = (value: unknown): string => printableLines(stringifyJson(value, 2) ?? 'null');

export function printLine(io: CommandIo, text: string): void {
  io.stdout.write(`${text}\n`);
}

/** Columns of equal width, with a line of names above; no line ends in blanks. */
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

/** Paints text, or leaves it as it is: colours are for terminals, and never against NO_COLOR or `--no-color`. */
export type Paint = (colour: Colour, text: string) => string;

/** @param globalOptions of the program: commander makes `color: false` of `--no-color`. */
export function paintFor(io: CommandIo, globalOptions: { readonly color?: boolean }): Paint {
  const isTerminal = (io.stdout as Partial<NodeJS.WriteStream>).isTTY === true;
  const isWanted = globalOptions.color !== false && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb';
  if (!isTerminal || !isWanted) return (_colour, text) => text;
  return (colour, text) => `\u001B[${CODES[colour]}m${text}\u001B[0m`;
}
