import { frameMalformed } from './codec-errors.js';

/**
 * Returns the bytes of one line of hex: blanks and `|` separate parts, `#` starts a comment. Undefined for an empty line.
 * Throws AgentError FrameMalformed with the offset of the byte that is not hex.
 */
export function frameFromHexLine(line: string): Buffer | undefined {
  const digits = line.replace(/#.*$/, '').replaceAll(/[\s|\uFEFF]+/g, '');
  if (digits === '') return undefined;
  const firstBad = digits.search(/[^0-9a-f]/i);
  if (firstBad >= 0) {
    throw frameMalformed('The line has characters other than hex digits, blanks and |.', Math.floor(firstBad / 2));
  }
  if (digits.length % 2 !== 0) {
    throw frameMalformed('The line has an odd number of hex digits.', Math.floor(digits.length / 2));
  }
  return Buffer.from(digits, 'hex');
}
