import { plainText } from '../format/plain-text.js';
import { LINES, type Parameter } from './field-kind.js';

/** What stands in an input: text, or the rows of a table by column. An empty text is a value that was not given. */
export type Draft = string | readonly TableRow[];
export type TableRow = Readonly<Record<string, string>>;

/** The inputs of a form by the names of their parameters. */
export type Drafts = Readonly<Record<string, Draft>>;

export const draftText = (draft: Draft | undefined): string => (typeof draft === 'string' ? draft : '');
export const draftRows = (draft: Draft | undefined): readonly TableRow[] => (typeof draft === 'object' ? draft : []);

/** The inputs that a form begins with: the defaults of its parameters, and over them the texts of the address. */
export function initialDrafts(parameters: readonly Parameter[], texts: Readonly<Record<string, string>>): Drafts {
  const drafts: Record<string, Draft> = {};
  for (const parameter of parameters) {
    const text = texts[parameter.name];
    const draft = text ?? draftOf(parameter.defaultValue, parameter);
    if (draft !== undefined && draft !== '') drafts[parameter.name] = draft;
  }
  return drafts;
}

/** A JSON value, such as a default or what a job was made with, as it would have been entered. */
export function draftOf(
  value: unknown,
  { baseType, dataShape }: Pick<Parameter, 'baseType' | 'dataShape'>,
): Draft | undefined {
  if (value === undefined || value === null) return undefined;
  if (dataShape) return Array.isArray(value) ? value.map((row) => rowOf(row, dataShape.fields)) : undefined;
  if (baseType === LINES) return Array.isArray(value) ? value.map(plainText).join('\n') : undefined;
  if (baseType === 'DATETIME') return localTimeText(plainText(value));
  if (typeof value === 'string' && !JSON_TYPES.has(baseType)) return value;
  return typeof value === 'object' || JSON_TYPES.has(baseType) ? JSON.stringify(value, null, 2) : plainText(value);
}

const JSON_TYPES: ReadonlySet<string> = new Set(['JSON', 'QUERY', 'VARIANT']);

function rowOf(row: unknown, fields: NonNullable<Parameter['dataShape']>['fields']): TableRow {
  const cells = typeof row === 'object' && row !== null ? (row as Record<string, unknown>) : {};
  const texts = fields.map(({ name, baseType }) => [name, draftText(draftOf(cells[name], { baseType }))]);
  return Object.fromEntries(texts) as TableRow;
}

/** ISO text as `datetime-local` inputs want it: in the browser's zone, to the second. */
export function localTimeText(iso: string): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return '';
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}
