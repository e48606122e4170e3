import { parseJson } from '../core/exact-json.js';
import { UsageError } from './failure.js';

/** `name=value` of a flag in two. */
export function splitParameter(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--param ${text}: must be name=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** Returns the value, or undefined when the text is not of the type. */
type Reader = (text: string) => unknown;

interface TypeOfText {
  /** For the message when it is not. */
  readonly wanted: string;
  readonly read: Reader;
}

const INTEGER: TypeOfText = {
  wanted: 'an integer',
  read: (text) => (/^[+-]?\d+$/.test(text) ? exactNumber(text) : undefined),
};
const JSON_TEXT: TypeOfText = { wanted: 'JSON (text in double quotes)', read: jsonValue };

const TYPES: Readonly<Record<string, TypeOfText>> = {
  INTEGER,
  LONG: INTEGER,
  NUMBER: {
    wanted: 'a number',
    read: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? exactNumber(text) : undefined),
  },
  BOOLEAN: {
    wanted: 'true or false',
    read: (text) => (/^(?:true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined),
  },
  DATETIME: {
    wanted: 'a time, such as 2026-01-31T12:00:00Z or epoch milliseconds',
    read: (text) => (/^\d+$/.test(text) ? Number(text) : Number.isNaN(Date.parse(text)) ? undefined : text),
  },
  JSON: JSON_TEXT,
  QUERY: JSON_TEXT,
  INFOTABLE: JSON_TEXT,
  LOCATION: JSON_TEXT,
};

/**
 * The value that a text stands for, by the base type of its parameter. Of other base types, or where it is not known,
 * it stays text, which ThingWorx converts.
 * @throws UsageError when it is not of the type.
 */
export function parameterValue(name: string, text: string, baseType: string | undefined): unknown {
  const type = baseType === undefined ? undefined : TYPES[baseType];
  if (!type) return text;
  const value = type.read(text);
  if (value !== undefined) return value;
  throw new UsageError(`--param ${name}: must be ${type.wanted}, but is ${text}`);
}

/** A number, or a bigint where a double would have other digits. Blanks and a plus sign are not JSON, but numbers. */
function exactNumber(text: string): unknown {
  const plain = text
    .trim()
    .replace(/^\+/, '')
    .replace(/^(-?)0+(?=\d)/, '$1');
  return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(plain) ? jsonValue(plain) : Number(text);
}

function jsonValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
