/** The base types of the parameters and fields of wrappers, and how each is read and written. */
import { BASE_TYPES, type BaseType } from '../alwayson/codec/base-types.js';
import type { ValueKind } from './definition.js';

/** NOTHING is not a parameter type; the JSON forms of the others are not known well enough to support them. */
const REFUSED: readonly BaseType[] = [
  'NOTHING',
  'VARIANT',
  'SCHEDULE',
  'TIMESPAN',
  'VEC2',
  'VEC3',
  'VEC4',
  'THINGCODE',
];

const KINDS: Partial<Record<BaseType, ValueKind>> = {
  NUMBER: 'number',
  INTEGER: 'integer',
  LONG: 'long',
  BOOLEAN: 'boolean',
  DATETIME: 'datetime',
  LOCATION: 'location',
  JSON: 'json',
  QUERY: 'json',
  INFOTABLE: 'table',
  IMAGE: 'binary',
  BLOB: 'binary',
  TAGS: 'tags',
};

/** In the order of the table of base types. */
export const PARAMETER_BASE_TYPES: readonly BaseType[] = (Object.keys(BASE_TYPES) as BaseType[]).filter(
  (name) => !REFUSED.includes(name),
);

/** Types that are not listed are written as text: STRING and similar types, XML, and names of entities. */
export const kindOf = (baseType: BaseType): ValueKind => KINDS[baseType] ?? 'text';

/** Kinds whose values can be written as a literal of the query language. */
export const isPlaceholderKind = (kind: ValueKind): boolean =>
  ['text', 'number', 'integer', 'long', 'boolean', 'datetime'].includes(kind);

export const isNumericKind = (kind: ValueKind): boolean => ['number', 'integer', 'long'].includes(kind);

/** The bounds of INTEGER, which has 32 bits. */
export const INTEGER_RANGE = { minimum: -2147483648, maximum: 2147483647 } as const;

/** Maximum length of a string that is matched against a pattern; limits the work of expensive patterns. */
export const MAX_PATTERN_TEXT_LENGTH = 4096;
