import { isUtf8 } from 'node:buffer';

/** Why bytes are not a UTF-8 text. Never repeats any of them, since they may be a secret. */
export interface TextFault {
  /** The predicate of a sentence about the file, for example `is UTF-16 LE text, not UTF-8`. */
  readonly message: string;
  readonly hint: string;
  /** The line of the first invalid byte, from 1. */
  readonly line: number;
  /** Its column in UTF-16 code units, from 1. */
  readonly column: number;
}

export type DecodedText =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly fault: TextFault };

/** Byte order marks, the longer ones first: the mark of UTF-32 LE begins with that of UTF-16 LE. */
const MARKS: readonly (readonly [encoding: string, bytes: readonly number[]])[] = [
  ['UTF-32 LE', [0xff, 0xfe, 0x00, 0x00]],
  ['UTF-32 BE', [0x00, 0x00, 0xfe, 0xff]],
  ['GB 18030', [0x84, 0x31, 0x95, 0x33]],
  ['UTF-EBCDIC', [0xdd, 0x73, 0x66, 0x73]],
  ['UTF-16 LE', [0xff, 0xfe]],
  ['UTF-16 BE', [0xfe, 0xff]],
];

const UTF_8_MARK_BYTES = [0xef, 0xbb, 0xbf];

/** How many bytes are examined to recognize an encoding without a byte order mark. */
const SAMPLE_BYTES = 4096;

/**
 * Decodes UTF-8, with or without a byte order mark. Other encodings are refused by name, and invalid bytes with their
 * place, since a replacement character in a key or a name would cause a failure later, somewhere else.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const encoding = otherEncodingOf(bytes);
  if (encoding !== undefined) return refused(`is ${encoding} text, not UTF-8`, 'save the file as UTF-8');
  const content = startsWith(bytes, UTF_8_MARK_BYTES) ? bytes.subarray(UTF_8_MARK_BYTES.length) : bytes;
  if (!isUtf8(content)) return invalidUtf8(content);
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
  const nul = text.indexOf('\0');
  if (nul === -1) return { ok: true, text };
  return refused('holds a NUL character: it is not a text file', 'name a text file in UTF-8', placeAfter(text, nul));
}

/** Returns the predicate of a sentence, with the place unless it is the start of the file. */
export function textFaultSentence({ message, hint, line, column }: TextFault): string {
  const place = line === 1 && column === 1 ? '' : ` at line ${line}, column ${column}`;
  return `${message}${place} (${hint})`;
}

function otherEncodingOf(bytes: Uint8Array): string | undefined {
  const marked = MARKS.find(([, mark]) => startsWith(bytes, mark));
  return marked ? marked[0] : unmarkedEncodingOf(bytes.subarray(0, SAMPLE_BYTES));
}

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte);

/**
 * Recognizes UTF-16 and UTF-32 without a mark by the positions of NUL bytes. A configuration is mostly ASCII even if some
 * of its values are not, so most code units have their zero bytes at the same end; UTF-8 text has none at all.
 */
function unmarkedEncodingOf(sample: Uint8Array): string | undefined {
  const zeros: [number, number, number, number] = [0, 0, 0, 0];
  for (const [index, byte] of sample.entries()) if (byte === 0) zeros[(index % 4) as 0 | 1 | 2 | 3] += 1;
  const [first, second, third, fourth] = zeros;
  const quarter = Math.floor(sample.length / 4);
  if (quarter > 0 && first >= quarter && second * 2 >= quarter) return 'UTF-32 BE';
  if (quarter > 0 && fourth >= quarter && third * 2 >= quarter) return 'UTF-32 LE';
  const [even, odd] = [first + third, second + fourth];
  // At least a tenth of the units, so that a stray NUL in a binary file is not mistaken for UTF-16.
  const isMost = (these: number, others: number): boolean => these > 4 * others && these * 20 >= sample.length;
  if (isMost(odd, even)) return 'UTF-16 LE';
  return isMost(even, odd) ? 'UTF-16 BE' : undefined;
}

function invalidUtf8(bytes: Uint8Array): DecodedText {
  const offset = firstInvalidByte(bytes);
  const before = Buffer.from(bytes.subarray(0, offset)).toString('utf8');
  return refused(
    'is not UTF-8 text; it may be in Windows-1252, ISO 8859-1 (Latin-1) or another code page',
    'save the file as UTF-8',
    placeAfter(before, before.length),
  );
}

function placeAfter(text: string, end: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: end - lineStart + 1 };
}

function refused(message: string, hint: string, place = { line: 1, column: 1 }): DecodedText {
  return { ok: false, fault: { message, hint, ...place } };
}

/** Returns the offset of the first byte outside a sequence that RFC 3629 allows. */
function firstInvalidByte(bytes: Uint8Array): number {
  let offset = 0;
  while (offset < bytes.length) {
    const length = sequenceLength(bytes, offset);
    if (length === 0) return offset;
    offset += length;
  }
  return offset;
}

function sequenceLength(bytes: Uint8Array, offset: number): number {
  const lead = bytes[offset] ?? 0;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  return length > 0 && isUtf8(bytes.subarray(offset, offset + length)) && offset + length <= bytes.length ? length : 0;
}
