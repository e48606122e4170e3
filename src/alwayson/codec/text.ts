/**
 * Text straight from and into a buffer. `toString('utf8', ...)` and `write(..., 'utf8')` find the same functions after
 * a look-up that costs as much as a short text itself, so Node's own methods behind them are called where they exist.
 */
interface DirectText {
  utf8Slice?(start: number, end: number): string;
  utf8Write?(text: string, offset: number, length: number): number;
}

const direct = Buffer.prototype as unknown as DirectText;

type Slicing = Buffer & Required<DirectText>;

/** The UTF-8 text of the bytes from `start` to before `end`; malformed sequences become U+FFFD. */
export const sliceText: (bytes: Buffer, start: number, end: number) => string =
  typeof direct.utf8Slice === 'function'
    ? (bytes, start, end) => (bytes as Slicing).utf8Slice(start, end)
    : (bytes, start, end) => bytes.toString('utf8', start, end);

/** Writes `text` as UTF-8 at `offset`, where `3 * text.length` bytes are free, and returns the bytes written. */
export const writeText: (bytes: Buffer, text: string, offset: number) => number =
  typeof direct.utf8Write === 'function'
    ? (bytes, text, offset) => (bytes as Slicing).utf8Write(text, offset, bytes.length - offset)
    : (bytes, text, offset) => bytes.write(text, offset, 'utf8');

/** Above this many characters a call out of JavaScript is cheaper than a loop. */
const COUNTED_TEXT_LENGTH = 40;

/** The bytes of `text` as UTF-8, a lone surrogate as U+FFFD. */
export function textBytes(text: string): number {
  const { length } = text;
  if (length > COUNTED_TEXT_LENGTH) return Buffer.byteLength(text);
  let bytes = length;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    bytes++;
    if (unit < 0x800) continue;
    bytes++;
    // Both halves of a pair together are four bytes, not three each.
    if (isLowSurrogate(unit) && index > 0 && isHighSurrogate(text.charCodeAt(index - 1))) bytes -= 2;
  }
  return bytes;
}

const isHighSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
const isLowSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;
