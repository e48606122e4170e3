import { parseJson } from '../core/exact-json.js';

/** The number, or a bigint with the digits of `source` for a whole number that a double cannot hold exactly. */
export function exactNumber(value: number, source: string | undefined): number | bigint {
  if (Number.isSafeInteger(value) || Number.isNaN(value) || source === undefined) return value;
  const digits = /^0[xo][\da-f]+$/i.test(source) ? wholeNumber(source) : jsonNumber(source);
  if (typeof digits !== 'bigint') return value;
  return BigInt(Number.isFinite(value) ? value : 0) === digits ? value : digits;
}

/** More digits than this are never exact, and reading them would take quadratic time. */
const MAX_DIGITS = 400;

/** Stands for any whole number with more digits. */
const INEXACT = BigInt(Number.MAX_SAFE_INTEGER) + BigInt(2);

const wholeNumber = (source: string): bigint => (source.length > MAX_DIGITS ? INEXACT : BigInt(source.toLowerCase()));

/** A number of YAML read as one of JSON: YAML allows a plus sign, leading zeros, and a point at either end. */
function jsonNumber(source: string): unknown {
  const match = /^([-+]?)0*(\d*)(\.\d*)?(e[-+]?\d+)?$/i.exec(source.replaceAll('_', ''));
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = ''] = match;
  if (whole.length > MAX_DIGITS) return INEXACT;
  try {
    return parseJson(`${sign === '-' ? '-' : ''}${whole || '0'}${fraction === '.' ? '' : fraction}${exponent}`);
  } catch {
    return INEXACT;
  }
}
