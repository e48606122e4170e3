import { ImportRefused } from './import-refused.js';

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/y;

/** The budget that references are charged to. */
interface Budget {
  spend(pieces: number): void;
}

/** Replaces character references and references to the five predefined entities; any other `&` is kept. */
export function unescaped(text: string, budget: Budget): string {
  let at = text.indexOf('&');
  if (at < 0) return text;
  const parts: string[] = [];
  let copied = 0;
  for (; at >= 0; at = text.indexOf('&', at + 1)) {
    budget.spend(1);
    REFERENCE.lastIndex = at;
    const found = REFERENCE.exec(text);
    if (!found) continue;
    parts.push(text.slice(copied, at), characterOf(found));
    copied = REFERENCE.lastIndex;
  }
  return `${parts.join('')}${text.slice(copied)}`;
}

function characterOf([, decimal, hex, name]: RegExpExecArray): string {
  if (name !== undefined) return NAMED[name] ?? '';
  const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  if (point > 0x10_ff_ff) throw new ImportRefused('the XML has a character reference beyond Unicode');
  return String.fromCodePoint(point);
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Replaces each CR LF, and each lone CR, of UTF-8 text by one LF, as XML 1.0 requires of parsers (section 2.11). */
export function withLineFeeds(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(CARRIAGE_RETURN)) return bytes;
  const normalized = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    normalized[length++] = byte === CARRIAGE_RETURN ? LINE_FEED : byte;
    if (byte === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED) at += 1;
  }
  return normalized.subarray(0, length);
}
