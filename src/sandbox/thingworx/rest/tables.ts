import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { tableToJson } from '../../../alwayson/values.js';
import { stringifyJson } from '../../../core/exact-json.js';
import { type HttpAnswer, json } from '../../http/router.js';
import type { ServiceOutcome } from '../services/service-outcome.js';
import { RestError } from './rest-error.js';

/** The forms of results that the Accept header can choose. */
export type ResultForm = 'json' | 'csv' | 'html';

/** Chooses by the Accept header; JSON if the client accepts anything. Throws RestError 406. */
export function resultForm(accept: string | undefined): ResultForm {
  const wanted = (accept ?? '*/*').toLowerCase();
  if (wanted.includes('application/json') || wanted.startsWith('*/*')) return 'json';
  if (wanted.includes('text/csv')) return 'csv';
  if (wanted.includes('text/html')) return 'html';
  if (wanted.includes('*/*') || wanted.includes('application/*')) return 'json';
  throw new RestError(406, `Not Acceptable : results are available as application/json, text/csv or text/html`);
}

/** An InfoTable in the requested form. */
export function tableAnswer(table: InfoTable, form: ResultForm): HttpAnswer {
  if (form === 'json') return json(200, tableToJson(table));
  const names = table.fields.map(({ name }) => name);
  const rows = tableToJson(table).rows.map((row) => names.map((name) => textOf(row[name])));
  return form === 'csv' ? csv(names, rows) : html(names, rows);
}

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? (stringifyJson(value) ?? '') : String(value as string | number | boolean);
};

function csv(names: readonly string[], rows: readonly string[][]): HttpAnswer {
  const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const body = [names, ...rows].map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
  return { status: 200, headers: { 'content-type': 'text/csv; charset=utf-8' }, body };
}

function html(names: readonly string[], rows: readonly string[][]): HttpAnswer {
  const escape = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  const line = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  const body = `<!DOCTYPE html><table>${line('th', names)}${rows.map((row) => line('td', row)).join('')}</table>\n`;
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

/** The result of a service over REST: JSON as the value itself, NOTHING as an empty body, anything else as a table. */
export function resultAnswer({ baseType, table }: ServiceOutcome, form: ResultForm): HttpAnswer {
  if (baseType === 'NOTHING' || !table) return { status: 200 };
  if (baseType === 'JSON') return json(200, tableToJson(table).rows[0]?.['result'] ?? null);
  return tableAnswer(table, form);
}
