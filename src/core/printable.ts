/**
 * Characters that move the cursor, change how other text is shown, or are invisible: control characters (C0, DEL, C1),
 * format characters (bidirectional overrides, zero-width characters, tags), line and paragraph separators, and lone
 * surrogates. Categories of the Unicode Character Database.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Most texts are plain ASCII, which this test finds faster than the search for unprintable characters. */
const PLAIN = /^[\x20-\x7e]*$/;
const PLAIN_LINES = /^[\n\x20-\x7e]*$/;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Returns `text` for one line of a terminal or a page: control characters and invisible characters are replaced with the
 * escapes of a JSON string (`\n`, `\u001b`). Must be applied to all text from the other end of a connection.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll(UNPRINTABLE, (found) => SHORT_ESCAPES[found] ?? escaped(found));
}

/** Like `printable`, but keeps line feeds: for texts of several lines, such as indented JSON. */
export function printableLines(text: string): string {
  if (PLAIN_LINES.test(text)) return text;
  return text.replaceAll(UNPRINTABLE, (found) => (found === '\n' ? found : (SHORT_ESCAPES[found] ?? escaped(found))));
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
