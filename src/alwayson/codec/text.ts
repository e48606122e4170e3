/**
 * Methods of Node.js that read and write UTF-8 in a buffer. `toString('utf8', ...)` and `write(..., 'utf8')` call them after
 * a look-up that costs as much as a short text itself, so they are called directly if they exist.
 */
interface DirectText {
  utf8Slice?(start: number, end: number): string;
  utf8Write?(text: string, offset: number, length: number): number;
}

const direct = Buffer.prototype as unknown as DirectText;

type Slicing = Buffer & Required<DirectText>;

/** Returns the UTF-8 text of the bytes from `start` up to but not including `end`; malformed sequences become U+FFFD. */
export const sliceText: (bytes: Buffer, start: number, end: number) => string =
  typeof direct.utf8Slice === 'function'
    ? (bytes, start, end) => (bytes as Slicing).utf8Slice(start, end)
    : (bytes, start, end) => bytes.toString('utf8', start, end);

/** Writes `text` as UTF-8 at `offset`, where `3 * text.length` bytes must be free; returns the number of bytes. */
export const writeText: (bytes: Buffer, text: string, offset: number) => number =
  typeof direct.utf8Write === 'function'
    ? (bytes, text, offset) => (bytes as Slicing).utf8Write(text, offset, bytes.length - offset)
    : (bytes, text, offset) => bytes.write(text, offset, 'utf8');

/** Up to this many characters a loop is faster than a native call. */
export const SHORT_TEXT_LENGTH = 16;

/** Writes a string in a loop, like writeText, but returns the offset after it. */
export function writeShortText(bytes: Buffer, text: string, offset: number): number {
  let at = offset;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      bytes[at++] = unit;
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >>> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else {
      // Three or four bytes: codePointAt joins a surrogate pair.
      const point = text.codePointAt(index) as number;
      if (point > 0xffff) index++;
      at = writeLongPoint(bytes, point, at);
    }
  }
  return at;
}

function writeLongPoint(bytes: Buffer, point: number, offset: number): number {
  let at = offset;
  const scalar = point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point;
  if (scalar > 0xffff) {
    bytes[at++] = 0xf0 | (scalar >>> 18);
    bytes[at++] = 0x80 | ((scalar >>> 12) & 0x3f);
  } else {
    bytes[at++] = 0xe0 | (scalar >>> 12);
  }
  bytes[at++] = 0x80 | ((scalar >>> 6) & 0x3f);
  bytes[at++] = 0x80 | (scalar & 0x3f);
  return at;
}

/** Replaces a lone surrogate. */
const REPLACEMENT = 0xfffd;

/** Above this many characters a native call is faster than counting in a loop. */
const COUNTED_TEXT_LENGTH = 40;

/** Returns how many bytes `text` takes as UTF-8, with a lone surrogate as U+FFFD. */
export function textBytes(text: string): number {
  const { length } = text;
  if (length > COUNTED_TEXT_LENGTH) return Buffer.byteLength(text);
  let bytes = length;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    // A surrogate pair takes four bytes.
    if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) index++;
  }
  return bytes;
}
