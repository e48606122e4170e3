import { parseJson } from '../core/exact-json.js';

/** Returns the number, or a bigint with the digits of `source` for a whole number that a double cannot hold exactly. */
export function exactNumber(value: number, source: string | undefined): number | bigint {
  if (Number.isSafeInteger(value) || Number.isNaN(value) || source === undefined) return value;
  const digits = /^0[xo][\da-f]+$/i.test(source) ? wholeNumber(source) : jsonNumber(source);
  if (typeof digits !== 'bigint') return value;
  return BigInt(Number.isFinite(value) ? value : 0) === digits ? value : digits;
}

/** A whole number with more digits is never exact, and reading it would take quadratic time. */
const MAX_DIGITS = 400;

/** Replaces any whole number with more digits. */
const INEXACT = BigInt(Number.MAX_SAFE_INTEGER) + BigInt(2);

const wholeNumber = (source: string): bigint => (source.length > MAX_DIGITS ? INEXACT : BigInt(source.toLowerCase()));

/** Reads a YAML number, which may have a plus sign, leading zeros or a point at either end, as a JSON number. */
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
