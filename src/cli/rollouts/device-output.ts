import { stringifyJson } from '../../core/exact-json.js';
import { printable, printableLines } from '../../core/printable.js';
import type { CommandIo } from '../command-io.js';
import { cellText } from '../invoke/result-text.js';
import { LineOutput } from '../line-streams.js';
import { formatTable, printLine } from '../output.js';
import type { Row } from './calls.js';
import { errorText, targetOf } from './rollout-text.js';

/** Output formats for devices. */
export const DEVICE_FORMATS = ['text', 'json', 'csv'] as const;
export type DeviceFormat = (typeof DEVICE_FORMATS)[number];

/** The fields of a device, in the order of the CSV columns. */
const FIELDS = [
  'deviceId',
  'batch',
  'state',
  'attempts',
  'jobId',
  'methodStatus',
  'methodPayload',
  'methodPayloadTruncated',
  'errorCode',
  'errorDescription',
  'startTime',
  'endTime',
  'nextAttemptTime',
] as const;

/** Prints the devices of a roll-out page by page, so that those of a large one are never all in memory. */
export async function printDevices(
  io: CommandIo,
  pages: AsyncIterable<readonly Row[]>,
  format: DeviceFormat,
): Promise<void> {
  if (format === 'csv') await printCsv(io, pages);
  else if (format === 'json') await printJsonList(io, pages);
  else await printText(io, pages);
}

async function printCsv(io: CommandIo, pages: AsyncIterable<readonly Row[]>): Promise<void> {
  const output = new LineOutput(io.stdout);
  output.line(FIELDS.join(','));
  for await (const rows of pages) {
    for (const row of rows)
      output.line(FIELDS.map((field) => csvCell(field, field === 'deviceId' ? targetOf(row) : row[field])).join(','));
    await output.drained();
  }
}

/** Prints one array, with one device on each line. */
async function printJsonList(io: CommandIo, pages: AsyncIterable<readonly Row[]>): Promise<void> {
  const output = new LineOutput(io.stdout);
  let before: string | undefined;
  output.line('[');
  for await (const rows of pages) {
    for (const row of rows) {
      if (before !== undefined) output.line(`${before},`);
      before = printableLines(stringifyJson(row) ?? 'null');
    }
    await output.drained();
  }
  if (before !== undefined) output.line(before);
  output.line(']');
}

/** Prints a table. Its cells are all in memory, because the widths of the columns depend on them. */
async function printText(io: CommandIo, pages: AsyncIterable<readonly Row[]>): Promise<void> {
  const cells: string[][] = [];
  for await (const rows of pages)
    for (const row of rows)
      cells.push([
        targetOf(row),
        ...['batch', 'state', 'attempts', 'methodStatus'].map((name) => cellText(row[name])),
        errorText(row),
      ]);
  const names = ['deviceId', 'batch', 'state', 'attempts', 'status', 'error'];
  printLine(io, cells.length === 0 ? '(no devices)' : formatTable(names, cells));
}

/** Formats a cell: a payload as JSON text, a missing value as an empty cell. */
function csvCell(field: string, value: unknown): string {
  if (value === undefined) return '';
  const text = field === 'methodPayload' || typeof value !== 'string' ? (stringifyJson(value) ?? '') : value;
  const safe = printable(text);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
