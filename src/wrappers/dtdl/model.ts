/** What of DTDL (versions 2 and 3) is read, leniently: a model is checked by the tools it was made with. */
import type { DocumentPath } from '../../documents/problem.js';

export type DtdlObject = Readonly<Record<string, unknown>>;

/** An object of the model and where it stands in the file. */
export interface Located {
  readonly object: DtdlObject;
  readonly path: DocumentPath;
}

export const isObject = (value: unknown): value is DtdlObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether `@type` is, or holds, the type: semantic types stand beside it in a list. */
export const hasType = (object: DtdlObject, type: string): boolean =>
  [object['@type']].flat().some((given) => given === type);

/** The objects of a list, or of a single one that stands for it. */
export function listAt(object: DtdlObject, key: string, path: DocumentPath): Located[] {
  const value = object[key];
  if (isObject(value)) return [{ object: value, path: [...path, key] }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) =>
    isObject(item) ? [{ object: item, path: [...path, key, index] }] : [],
  );
}

export const textAt = (object: DtdlObject, key: string): string => (typeof object[key] === 'string' ? object[key] : '');

/** A text that may be given in several languages: English, or else the first. */
export function localized(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return '';
  const chosen = value['en'] ?? Object.values(value)[0];
  return typeof chosen === 'string' ? chosen : '';
}

/** What the model says of a part for people, with its unit. */
export function describe(object: DtdlObject): string {
  const text = localized(object['description']) || localized(object['comment']) || localized(object['displayName']);
  const unit = textAt(object, 'unit').replace(/^.*[:;]/, '');
  const whole = unit === '' ? text : `${text} (${unit})`.trim();
  return whole.replaceAll(/\s+/g, ' ').slice(0, 1000);
}
