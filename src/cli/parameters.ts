import { parseJson } from '../core/exact-json.js';
import { UsageError } from './failure.js';

/** Splits the `name=value` of a flag. */
export function splitParameter(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--param ${text}: must be name=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** Returns the value, or undefined if the text is not of the type. */
type Reader = (text: string) => unknown;

interface TypeOfText {
  /** Completes "must be ...". */
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
 * Converts a string by the base type of its parameter. Text of other or unknown base types stays text, which ThingWorx
 * converts.
 * @throws UsageError if the text is not of the type.
 */
export function parameterValue(name: string, text: string, baseType: string | undefined): unknown {
  const type = baseType === undefined ? undefined : TYPES[baseType];
  if (!type) return text;
  const value = type.read(text);
  if (value !== undefined) return value;
  throw new UsageError(`--param ${name}: must be ${type.wanted}; it is ${text}`);
}

/** A number, or a bigint if a double would have other digits. Accepts white space and a plus sign, which JSON does not. */
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
