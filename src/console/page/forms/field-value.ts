import { formatNumber } from '../format/numbers.js';
import { type Draft, draftRows, draftText, type TableRow } from './draft.js';
import { type FieldKind, fieldKind, type Parameter } from './field-kind.js';
import { jsonFault } from './json-fault.js';

/** What an input comes to: JSON text, nothing because it is empty, or a fault with a sentence for the user. */
export type FieldValue =
  | { readonly kind: 'given'; readonly json: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'fault'; readonly message: string };

type Bounds = Pick<
  Parameter,
  'baseType' | 'choices' | 'maxLength' | 'minLength' | 'minimum' | 'maximum' | 'pattern' | 'form'
> &
  Partial<Pick<Parameter, 'isRequired' | 'dataShape' | 'isCondition'>>;

const given = (json: string): FieldValue => ({ kind: 'given', json });
const fault = (message: string): FieldValue => ({ kind: 'fault', message });

/** Reads an input, and checks what the definition of its parameter says. The agent checks everything again. */
export function fieldValue(draft: Draft | undefined, parameter: Bounds): FieldValue {
  const kind = fieldKind(parameter);
  if (kind === 'table') return tableValue(draftRows(draft), parameter);
  const text = draftText(draft);
  const isBlank = kind === 'line' || kind === 'text' || kind === 'secret' ? text === '' : text.trim() === '';
  if (isBlank) return parameter.isRequired ? fault('Enter a value.') : { kind: 'absent' };
  return READERS[kind](text, parameter);
}

const READERS: Readonly<Record<Exclude<FieldKind, 'table'>, (text: string, parameter: Bounds) => FieldValue>> = {
  line: textValue,
  text: textValue,
  secret: textValue,
  choice: (text) => given(JSON.stringify(text)),
  yesNo: (text) => given(text === 'true' ? 'true' : 'false'),
  number: numberValue,
  time: timeValue,
  json: jsonValue,
  place: placeValue,
  file: (text) => given(JSON.stringify(text)),
  lines: (text) => given(JSON.stringify(linesOf(text))),
  nothing: () => ({ kind: 'absent' }),
};

function textValue(text: string, { minLength = 0, maxLength = Infinity, pattern, form }: Bounds): FieldValue {
  if (text.length > maxLength)
    return fault(`At most ${formatNumber(maxLength)} characters; these are ${formatNumber(text.length)}.`);
  if (text.length < minLength) return fault(`At least ${formatNumber(minLength)} characters.`);
  if (pattern !== undefined && !new RegExp(pattern).test(text))
    return fault(`Must be ${form ?? `of the form ${pattern}`}.`);
  return given(JSON.stringify(text));
}

const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function numberValue(text: string, { baseType, minimum = -Infinity, maximum = Infinity }: Bounds): FieldValue {
  const digits = text.trim();
  const isWhole = baseType !== 'NUMBER';
  if (!(isWhole ? INTEGER : NUMBER).test(digits)) return fault(isWhole ? 'Enter a whole number.' : 'Enter a number.');
  const value = Number(digits);
  if (value < minimum || value > maximum) return fault(`Enter ${rangeText(minimum, maximum)}.`);
  // Digits that a double cannot hold are sent as text, which the agent converts without loss.
  return given(Number.isSafeInteger(value) || !isWhole ? String(value) : JSON.stringify(digits));
}

function rangeText(minimum: number, maximum: number): string {
  if (minimum === -Infinity) return `at most ${formatNumber(maximum)}`;
  if (maximum === Infinity) return `at least ${formatNumber(minimum)}`;
  return `${formatNumber(minimum)} to ${formatNumber(maximum)}`;
}

/** A time of the browser's zone. */
function timeValue(text: string): FieldValue {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? fault('Enter a date and a time.') : given(JSON.stringify(date.toISOString()));
}

/** The text itself is sent, so that digits and the order of keys stay as they were entered. */
function jsonValue(text: string): FieldValue {
  const found = jsonFault(text);
  return found ? fault(`Not JSON: line ${found.line}, column ${found.column}.`) : given(text.trim());
}

/** Latitude, longitude, and elevation where it is known: `48.1, 11.6` or `48.1, 11.6, 520`. */
function placeValue(text: string): FieldValue {
  const [latitude = NaN, longitude = NaN, elevation = 0, ...more] = text
    .split(',')
    .map((part) => Number(part.trim() || NaN));
  const isPlace =
    Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && Number.isFinite(elevation) && more.length === 0;
  if (!isPlace) return fault('Enter latitude (-90 to 90) and longitude (-180 to 180), separated by a comma.');
  return given(JSON.stringify({ latitude, longitude, elevation }));
}

/** Texts that are separated by line ends, commas or blanks. */
const linesOf = (text: string): string[] => text.split(/[\s,;]+/).filter((line) => line !== '');

function tableValue(rows: readonly TableRow[], { dataShape, isRequired }: Bounds): FieldValue {
  if (rows.length === 0) return isRequired ? fault('Add at least one row.') : { kind: 'absent' };
  const texts: string[] = [];
  for (const [index, row] of rows.entries()) {
    const cells: string[] = [];
    for (const field of dataShape?.fields ?? []) {
      const value = fieldValue(row[field.name], { baseType: field.baseType });
      if (value.kind === 'fault') return fault(`Row ${index + 1}, ${field.name}: ${value.message}`);
      if (value.kind === 'given') cells.push(`${JSON.stringify(field.name)}:${value.json}`);
    }
    texts.push(`{${cells.join(',')}}`);
  }
  return given(`[${texts.join(',')}]`);
}
