import { stringifyJson } from '../../core/exact-json.js';
import { printable } from '../../core/printable.js';
import { readInfoTable, type RestInfoTable, scalarResult } from '../../thingworx-rest/client.js';
import { formatTable, jsonText } from '../output.js';

/** Formats a result for people: a scalar alone, one row as lines, several rows as a table, JSON unchanged. */
export function resultText(result: unknown): string {
  const table = readInfoTable(result);
  if (!table) return result === undefined ? '(no result)' : jsonText(result);
  const scalar = scalarResult(table);
  return scalar ? cellText(scalar.value) : tableText(table);
}

/** The value of a scalar result; any other result unchanged. */
export function scalarOf(result: unknown): unknown {
  const table = readInfoTable(result);
  return table ? scalarResult(table)?.value : result;
}

/** Formats rows as a table without empty columns, and a single row line by line. */
export function tableText(table: RestInfoTable): string {
  const used = table.fields.filter(({ name }) =>
    table.rows.some((row) => row[name] !== undefined && row[name] !== null),
  );
  const cell = (row: RestInfoTable['rows'][number], field: RestInfoTable['fields'][number]): string =>
    cellText(row[field.name], field.baseType);
  const [only] = table.rows;
  if (!only) return '(no rows)';
  if (table.rows.length > 1) {
    const names = used.map(({ name }) => printable(name));
    return formatTable(
      names,
      table.rows.map((row) => used.map((field) => cell(row, field))),
    );
  }
  const width = Math.max(...used.map(({ name }) => printable(name).length));
  return used.map((field) => `${printable(field.name).padEnd(width)}  ${cell(only, field)}`).join('\n');
}

/** Formats a cell as one line. It comes from the other end, so characters that would control the terminal are escaped. */
export function cellText(value: unknown, baseType?: string): string {
  if (value === undefined || value === null) return '';
  if (baseType === 'DATETIME' && typeof value === 'number') return dateText(value);
  const text = typeof value === 'string' ? value : (stringifyJson(value) ?? '');
  return printable(text);
}

function dateText(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? String(epochMs) : date.toISOString();
}
