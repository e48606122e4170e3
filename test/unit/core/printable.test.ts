import { describe, expect, it } from '@jest/globals';
import { printable, printableLines } from '../../../src/core/printable.js';

describe('printable', () => {
  it.each([
    ['a line feed', 'a\nb', 'a\\nb'],
    ['a carriage return', 'a\rb', 'a\\rb'],
    ['a tab', 'a\tb', 'a\\tb'],
    ['an escape sequence', '\u001B]0;title\u0007\u001B[2J', '\\u001b]0;title\\u0007\\u001b[2J'],
    ['DEL', 'a\u007Fb', 'a\\u007fb'],
    ['a control sequence introducer of C1', '\u009B2J', '\\u009b2J'],
    ['a bidirectional override', 'exe.\u202Etxt', 'exe.\\u202etxt'],
    ['a bidirectional isolate', '\u2066a\u2069', '\\u2066a\\u2069'],
    ['a zero-width space', 'a\u200Bb', 'a\\u200bb'],
    ['a byte order mark', '\uFEFFa', '\\ufeffa'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['a tag character', 'a\u{E0041}b', 'a\\udb40\\udc41b'],
    ['half of a surrogate pair', 'a\uD800b', 'a\\ud800b'],
  ])('shows %s as an escape', (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it.each(['plain text', 'Grüße, 東京, العربية, עברית', '😀 ± €', 'C:\\folder', ''])('leaves %j as it is', (text) => {
    expect(printable(text)).toBe(text);
    expect(printableLines(text)).toBe(text);
  });

  it('leaves no character that steers a terminal, for every character of the basic plane', () => {
    const all = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code)).join('');
    expect(printable(all)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  it('keeps line feeds, and nothing else, in a string of several lines', () => {
    expect(printableLines('{\n  "a": "\u009B"\r\n}')).toBe('{\n  "a": "\\u009b"\\r\n}');
  });

  it('keeps JSON the same value', () => {
    const value = { name: 'a\u009B\u202E\u{E0041}' };
    expect(JSON.parse(printableLines(JSON.stringify(value, null, 2)))).toEqual(value);
  });
});
