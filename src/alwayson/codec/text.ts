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
