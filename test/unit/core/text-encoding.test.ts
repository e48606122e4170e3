import { describe, expect, it } from '@jest/globals';
import { decodeText } from '../../../src/core/text-encoding.js';

const TEXT = 'thingworx:\n  url: wss://twx.example.com\n  appKey: secret-key\n';

function utf16(text: string, order: 'LE' | 'BE'): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return order === 'LE' ? bytes : bytes.swap16();
}

function utf32(text: string, order: 'LE' | 'BE'): Buffer {
  const characters = Array.from(text);
  const bytes = Buffer.alloc(characters.length * 4);
  characters.forEach((character, index) => {
    const code = character.codePointAt(0) ?? 0;
    if (order === 'LE') bytes.writeUInt32LE(code, index * 4);
    else bytes.writeUInt32BE(code, index * 4);
  });
  return bytes;
}

const MARK = '\uFEFF';

function faultOf(bytes: Buffer) {
  const decoded = decodeText(bytes);
  return decoded.ok ? undefined : decoded.fault;
}

describe('decodeText', () => {
  it.each<[string, Buffer, string]>([
    ['ASCII', Buffer.from('abc'), 'abc'],
    ['UTF-8', Buffer.from('name: é€😀\n'), 'name: é€😀\n'],
    ['UTF-8 with a byte order mark', Buffer.from(`${MARK}a: 1`), 'a: 1'],
    ['a replacement character that was written', Buffer.from('a: \uFFFD'), 'a: \uFFFD'],
    ['an empty file', Buffer.from(''), ''],
    ['a byte order mark alone', Buffer.from(MARK), ''],
  ])('decodes %s', (_what, bytes, text) => {
    expect(decodeText(bytes)).toEqual({ ok: true, text });
  });

  const russian = 'имя: "значение"\nещё: "строка текста"\n';
  const chinese = 'name: 一个名字\nurl: "地址"\n';
  it.each<[string, Buffer]>([
    ['UTF-16 LE', utf16(MARK + TEXT, 'LE')],
    ['UTF-16 BE', utf16(MARK + TEXT, 'BE')],
    ['UTF-32 LE', utf32(MARK + TEXT, 'LE')],
    ['UTF-32 BE', utf32(MARK + TEXT, 'BE')],
    ['UTF-16 LE', utf16(TEXT, 'LE')],
    ['UTF-16 BE', utf16(TEXT, 'BE')],
    ['UTF-32 LE', utf32(TEXT, 'LE')],
    ['UTF-32 BE', utf32(TEXT, 'BE')],
    ['UTF-16 LE', utf16('k', 'LE')],
    ['UTF-16 LE', utf16(russian, 'LE')],
    ['UTF-16 BE', utf16(russian, 'BE')],
    ['UTF-16 LE', utf16(chinese, 'LE')],
    ['UTF-16 BE', utf16(chinese, 'BE')],
    ['UTF-32 LE', utf32(chinese, 'LE')],
    ['GB 18030', Buffer.concat([Buffer.from([0x84, 0x31, 0x95, 0x33]), Buffer.from(TEXT)])],
  ])('refuses %s by name', (encoding, bytes) => {
    expect(faultOf(bytes)).toEqual({
      message: `is ${encoding} text, not UTF-8`,
      hint: 'save the file as UTF-8',
      line: 1,
      column: 1,
    });
  });

  it.each<[string, Buffer, number, number]>([
    ['Latin-1', Buffer.from('a: 1\nname: Zürich\n', 'latin1'), 2, 8],
    ['a byte at the end', Buffer.from([0x61, 0x0a, 0xe9]), 2, 1],
    ['a sequence that is cut off', Buffer.from('a: €').subarray(0, 5), 1, 4],
    ['an overlong form', Buffer.from([0x61, 0xc0, 0xaf]), 1, 2],
    ['half a surrogate pair', Buffer.from([0x61, 0xed, 0xa0, 0x80]), 1, 2],
    ['a code point above the last one', Buffer.from([0xf4, 0x90, 0x80, 0x80]), 1, 1],
    ['an invalid byte after other characters', Buffer.concat([Buffer.from('é€😀'), Buffer.from([0xff])]), 1, 5],
    ['an invalid byte after a byte order mark', Buffer.concat([Buffer.from(`${MARK}a\nb`), Buffer.from([0xff])]), 2, 2],
  ])('refuses invalid UTF-8 with line and column: %s', (_what, bytes, line, column) => {
    expect(faultOf(bytes)).toMatchObject({ message: expect.stringContaining('is not UTF-8 text'), line, column });
  });

  it('refuses a NUL character with line and column', () => {
    expect(faultOf(Buffer.from(`${'a: 1\n'.repeat(20)}b\0`))).toMatchObject({ line: 21, column: 2 });
  });

  it('does not repeat any of the text in an error', () => {
    for (const bytes of [utf16(TEXT, 'LE'), Buffer.from(`${TEXT}é`, 'latin1')]) {
      expect(JSON.stringify(faultOf(bytes))).not.toMatch(/secret|appKey/);
    }
  });
});
