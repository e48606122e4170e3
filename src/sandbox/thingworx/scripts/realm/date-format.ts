/**
 * Formats and parses dates with the patterns of Joda-Time's DateTimeFormat, in UTC and English. Runs inside the realm of
 * a script (see realm.ts).
 */
import type * as calendar from './calendar.js';

declare const dayOfYear: typeof calendar.dayOfYear;
declare const utcOf: typeof calendar.utcOf;

interface PatternPart {
  /** A pattern letter; empty for text. */
  readonly letter: string;
  readonly count: number;
  readonly text: string;
}

function monthNames(): string[] {
  return 'January February March April May June July August September October November December'.split(' ');
}

function dayNames(): string[] {
  return 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
}

function patternParts(pattern: string): PatternPart[] {
  if (pattern.length > 200) throw new Error('a date format has more than 200 characters');
  const parts: PatternPart[] = [];
  const piece = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g;
  let end = 0;
  for (let found = piece.exec(pattern); found; found = piece.exec(pattern)) {
    if (found.index !== end) break;
    end = piece.lastIndex;
    const [all, quoted, letter] = found;
    if (letter !== undefined) parts.push({ letter, count: all.length, text: '' });
    else parts.push({ letter: '', count: 0, text: quoted === undefined ? all : quoted.replace(/''/g, "'") || "'" });
  }
  if (end !== pattern.length) throw new Error(`the quotes of the date format "${pattern}" do not match`);
  return parts;
}

/** The values of the numeric pattern letters. */
function numbersOf(date: Date): Record<string, number> {
  const year = date.getUTCFullYear();
  const hour = date.getUTCHours();
  const { year: weekYear, week } = isoWeek(date);
  return {
    y: year,
    Y: year,
    x: weekYear,
    C: Math.floor(year / 100),
    M: date.getUTCMonth() + 1,
    d: date.getUTCDate(),
    D: dayOfYear(date),
    w: week,
    e: date.getUTCDay() || 7,
    H: hour,
    k: hour || 24,
    K: hour % 12,
    h: hour % 12 || 12,
    m: date.getUTCMinutes(),
    s: date.getUTCSeconds(),
  };
}

function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * 86_400_000);
  return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) };
}

/** Returns the text for a pattern letter that is not formatted as a number; undefined for the other letters. */
function textFor(letter: string, count: number, date: Date): string | undefined {
  switch (letter) {
    case 'M':
      return count > 2 ? shortened(monthNames()[date.getUTCMonth()], count) : undefined;
    case 'E':
      return shortened(dayNames()[date.getUTCDay()], count);
    case 'S':
      return `${String(date.getUTCMilliseconds()).padStart(3, '0')}${'0'.repeat(count)}`.slice(0, count);
    case 'a':
      return date.getUTCHours() < 12 ? 'AM' : 'PM';
    case 'G':
      return date.getUTCFullYear() > 0 ? 'AD' : 'BC';
    case 'z':
      return count > 3 ? 'Coordinated Universal Time' : 'UTC';
    case 'Z':
      return ['+0000', '+00:00'][count - 1] ?? 'UTC';
    default:
      return undefined;
  }
}

function formatPart({ letter, count, text }: PatternPart, date: Date): string {
  if (letter === '') return text;
  const words = textFor(letter, count, date);
  if (words !== undefined) return words;
  const value = numbersOf(date)[letter];
  if (value === undefined) throw new Error(`Illegal pattern component: ${letter.repeat(count)}`);
  const isShortYear = 'yYx'.indexOf(letter) >= 0 && count === 2;
  return String(isShortYear ? value % 100 : value).padStart(count, '0');
}

function shortened(name: string | undefined, count: number): string {
  return count > 3 ? String(name) : String(name).slice(0, 3);
}

function formatDate(date: Date, pattern: string): string {
  return patternParts(pattern)
    .map((part) => formatPart(part, date))
    .join('');
}

/** Returns epoch milliseconds. Fields that are not in the pattern default to 1 January 2000, 00:00, as in Joda-Time. */
function parseDateText(text: string, pattern: string): number {
  const parts = patternParts(pattern);
  const fields: Record<string, number> = {};
  let at = 0;
  parts.forEach((part, index) => {
    const next = parts[index + 1];
    const read = readPart(part, text.slice(at), next !== undefined && isNumeric(next));
    if (read === undefined) throw malformed(text, at);
    if (read.field !== '') fields[read.field] = read.value;
    at += read.length;
  });
  if (at < text.length) throw malformed(text, at);
  return fieldsToMs(fields);
}

function isNumeric({ letter, count }: PatternPart): boolean {
  return letter !== '' && 'yYMdDHhKkmsS'.indexOf(letter) >= 0 && (letter !== 'M' || count < 3);
}

function malformed(text: string, at: number): Error {
  if (at >= text.length) return new Error(`Invalid format: "${text}" is too short`);
  return new Error(`Invalid format: "${text.slice(0, 60)}" is malformed at "${text.slice(at, at + 60)}"`);
}

interface ReadPart {
  readonly field: string;
  readonly value: number;
  readonly length: number;
}

function readPart(part: PatternPart, text: string, isNextNumeric: boolean): ReadPart | undefined {
  const { letter, count } = part;
  if (letter === '') return text.startsWith(part.text) ? { field: '', value: 0, length: part.text.length } : undefined;
  if (letter === 'M' && count > 2) return readName(monthNames(), text, 'M', 1);
  if (letter === 'E') return readName(dayNames(), text, '', 0);
  if (letter === 'a') return readName(['AM', 'PM'], text, 'a', 0);
  if (letter === 'z' || letter === 'Z') return readOffset(text);
  if ('yYMdDHhKkmsS'.indexOf(letter) < 0) throw new Error(`Illegal pattern component: ${letter.repeat(count)}`);
  return readNumber(letter, count, text, isNextNumeric);
}

/** Reads a number. If another number follows directly, it has at most as many digits as its pattern has letters. */
function readNumber(letter: string, count: number, text: string, isNextNumeric: boolean): ReadPart | undefined {
  const usual: Record<string, number> = { y: 4, Y: 4, D: 3, S: 9 };
  const most = isNextNumeric ? count : Math.max(count, usual[letter] ?? 2);
  const [digits] = new RegExp(`^\\d{1,${most}}`).exec(text) ?? [];
  if (digits === undefined) return undefined;
  if (letter === 'S') return { field: 'S', value: Number(`${digits}00`.slice(0, 3)), length: digits.length };
  const isShortYear = (letter === 'y' || letter === 'Y') && count === 2;
  return { field: letter, value: yearOf(Number(digits), isShortYear), length: digits.length };
}

/** A two-digit year means the year between 50 years before and 49 years after the present one. */
function yearOf(value: number, isShort: boolean): number {
  if (!isShort || value > 99) return value;
  const now = new Date().getUTCFullYear();
  const year = now - (now % 100) + value;
  return year > now + 49 ? year - 100 : year < now - 50 ? year + 100 : year;
}

function readName(names: readonly string[], text: string, field: string, first: number): ReadPart | undefined {
  const lower = text.toLowerCase();
  for (const name of names.map((full) => full.toLowerCase()))
    for (const form of [name, name.slice(0, 3)])
      if (lower.startsWith(form))
        return { field, value: names.map((full) => full.toLowerCase()).indexOf(name) + first, length: form.length };
  return undefined;
}

function readOffset(text: string): ReadPart | undefined {
  const [all, sign, hours, minutes] = /^(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d))/i.exec(text) ?? [];
  if (all === undefined) return undefined;
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1);
  return { field: 'Z', value: offset, length: all.length };
}

function hourOf({ H, h, K, k, a }: Record<string, number>): number {
  const twelve = h ?? K;
  if (H !== undefined) return H;
  if (twelve !== undefined) return (twelve % 12) + (a === 1 ? 12 : 0);
  return k === undefined || k === 24 ? 0 : k;
}

function fieldsToMs(fields: Record<string, number>): number {
  const { M = 1, d, D, m = 0, s = 0, S = 0, Z = 0 } = fields;
  const year = fields['y'] ?? fields['Y'] ?? 2000;
  const isDayOfYear = D !== undefined && d === undefined;
  const day = isDayOfYear ? [0, 1] : [M - 1, d ?? 1];
  const start = utcOf('parseDate', [year, ...day, hourOf(fields), m, s, S]);
  return start + (isDayOfYear ? D - 1 : 0) * 86_400_000 - Z * 60_000;
}

export const DATE_FORMAT_FUNCTIONS = [
  monthNames,
  dayNames,
  patternParts,
  numbersOf,
  isoWeek,
  textFor,
  formatPart,
  shortened,
  formatDate,
  parseDateText,
  isNumeric,
  malformed,
  readPart,
  readNumber,
  yearOf,
  readName,
  readOffset,
  hourOf,
  fieldsToMs,
];
export type { formatDate, parseDateText };
