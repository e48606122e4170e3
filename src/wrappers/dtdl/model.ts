/** Reads the relevant parts of DTDL (versions 2 and 3) leniently; modelling tools check models. */
import { isPlainObject } from '../../core/objects.js';
import type { DocumentPath } from '../../documents/problem.js';
import { LIMITS } from '../schema.js';
import { isHoldableInXml } from '../entities/xml.js';

export type DtdlObject = Readonly<Record<string, unknown>>;

/** An object of the model and its location in the file. */
export interface Located {
  readonly object: DtdlObject;
  readonly path: DocumentPath;
}

/** Whether `@type` is or contains the type; semantic types are listed beside it. */
export const hasType = (object: DtdlObject, type: string): boolean =>
  [object['@type']].flat().some((given) => given === type);

/** The objects of a list, or of a single object in place of a list. */
export function listAt(object: DtdlObject, key: string, path: DocumentPath): Located[] {
  const value = object[key];
  if (isPlainObject(value)) return [{ object: value, path: [...path, key] }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) =>
    isPlainObject(item) ? [{ object: item, path: [...path, key, index] }] : [],
  );
}

export const textAt = (object: DtdlObject, key: string): string => (typeof object[key] === 'string' ? object[key] : '');

/** The language to use of a text in several languages: English, otherwise the first. */
const languageOf = (value: DtdlObject): string | undefined =>
  Object.hasOwn(value, 'en') ? 'en' : Object.keys(value)[0];

/** A string that may exist in several languages. */
export function localized(value: unknown): string {
  if (typeof value === 'string') return value;
  const chosen = isPlainObject(value) ? value[languageOf(value) ?? ''] : undefined;
  return typeof chosen === 'string' ? chosen : '';
}

/** A descriptive text of the model, and the parts of the object that it cannot express. */
export interface Described {
  readonly text: string;
  /** Keys from which the text was composed. */
  readonly used: readonly string[];
  readonly losses: readonly string[];
}

const MAX_LENGTH = LIMITS.textLength / 2;

/**
 * Composes the description of a part, with its unit.
 * @param more appended text, for example the meaning of values.
 */
export function describe(object: DtdlObject, more = ''): Described {
  const key = ['description', 'comment', 'displayName'].find((candidate) => localized(object[candidate]) !== '');
  const unit = textAt(object, 'unit').replace(/^.*[:;]/, '');
  const parts = [key === undefined ? '' : localized(object[key]), unit === '' ? '' : `(${unit})`, more];
  const whole = parts
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll(/\s+/g, ' ');
  const held = Array.from(whole, (character) => (isHoldableInXml(character) ? character : '\uFFFD')).join('');
  return {
    text: held.slice(0, MAX_LENGTH),
    used: [...(key === undefined ? [] : [key]), ...(unit === '' ? [] : ['unit'])],
    losses: [
      ...(key === undefined ? [] : otherLanguages(key, object[key])),
      ...(held === whole ? [] : ['characters of its description that XML does not allow are replaced']),
      ...(held.length > MAX_LENGTH
        ? [`its description is cut after ${MAX_LENGTH} characters: ${quoted(held.slice(MAX_LENGTH))}`]
        : []),
    ],
  };
}

/** The texts of a localized value that are not used. */
export function otherLanguages(key: string, value: unknown): string[] {
  if (!isPlainObject(value)) return [];
  const { [languageOf(value) ?? '']: _taken, ...others } = value;
  return Object.keys(others).length === 0 ? [] : [`left out: ${key} ${quoted(others)}`];
}

/**
 * The members of an object that a description cannot express, in one sentence; empty if there are none.
 * @param type the type as which it was read; other types are semantic types.
 * @param used keys that have been converted.
 */
export function leftOver(object: DtdlObject, type: string, used: readonly string[]): string[] {
  const keys = Object.keys(object).filter((key) => key !== '@type' && !used.includes(key));
  const semantic = [object['@type']].flat().filter((given) => given !== undefined && given !== type);
  const parts = [
    ...semantic.map((given) => `semantic type ${typeof given === 'string' ? given : quoted(given)}`),
    ...keys.map((key) => `${key} ${quoted(object[key])}`),
  ];
  return parts.length === 0 ? [] : [`left out: ${parts.join(', ')}`];
}

/** Characters; long enough for a whole schema of an ordinary model, because what a report cuts off is lost. */
const MAX_QUOTED = 65_536;

/** Formats a value of the model for a report. */
export function quoted(value: unknown): string {
  const text =
    JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? String(member) : member)) ?? '';
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text;
}
