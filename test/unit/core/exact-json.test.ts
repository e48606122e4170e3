import { describe, expect, it } from '@jest/globals';
import { inexactNumberPath, JsonSyntaxError, parseJson, stringifyJson } from '../../../src/core/exact-json.js';
import { startProcessorStopwatch } from '../../support/processor-time.js';

describe('parseJson', () => {
  it.each([
    ['7615917337495251231', 7615917337495251231n],
    ['-9007199254740993', -9007199254740993n],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['1152921504606846976', 1152921504606846976n],
    ['9007199254740993.0', 9007199254740993n],
    ['9.007199254740993e15', 9007199254740993n],
    ['6.02214076e23', 6.02214076e23],
    ['1e23', 1e23],
    ['1e400', 10n ** 400n],
    ['0.12345678901234567890', Number('0.12345678901234567890')],
    ['1e-400', 0],
    ['-0', -0],
    ['1.50', 1.5],
  ])('reads %s without changing its value', (text, value) => {
    expect(parseJson(text)).toStrictEqual(value);
    expect(parseJson(`{"a":[${text}]}`)).toStrictEqual({ a: [value] });
  });

  it('leaves digits within strings alone', () => {
    const text = String.raw`{"7615917337495251231":"7615917337495251231 \" 7615917337495251231 \\","b":[1]}`;
    expect(parseJson(text)).toStrictEqual(JSON.parse(text));
    expect(parseJson(`${text.slice(0, -1)},"c":7615917337495251231}`)).toMatchObject({ c: 7615917337495251231n });
  });

  it('makes __proto__ an ordinary member', () => {
    const value = parseJson('{"__proto__":{"x":7615917337495251231}}') as object;
    expect(Object.keys(value)).toStrictEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it.each([
    ['{"a": 1,}', 1, 9],
    ['{"a": 1\n "b": 2}', 2, 2],
    ['', 1, 1],
    ['[1', 1, 3],
    ['{"a": tru}', 1, 7],
    ['"a\u0001"', 1, 3],
    [String.raw`"\x"`, 1, 3],
    ['7615917337495251231 7', 1, 21],
    ['[00000000000000000000001]', 1, 3],
    ['[1.1.1.1.1.1.1.1.1.1.1.1.1.1.1]', 1, 5],
    ['true7615917337495251231', 1, 5],
  ])('says where %j is not JSON', (text, line, column) => {
    const error = errorOf(text);
    expect(error).toBeInstanceOf(JsonSyntaxError);
    expect(error).toMatchObject({ line, column });
    expect(error.message).toContain(`at line ${line}, column ${column}`);
  });

  it('refuses numbers that are too long to be kept, and nesting without bound', () => {
    expect(errorOf('1'.repeat(1001)).message).toContain('more than 1000 digits');
    expect(errorOf('1e1000000').message).toContain('more than 1000 digits');
    expect(errorOf(`${'['.repeat(100_000)}1e400`).message).toContain('levels deep');
  });

  it('takes time in proportion to the text', () => {
    const texts = [
      `[${'"7615917337495251231",'.repeat(200_000)}7615917337495251231]`,
      `["${String.raw`\"`.repeat(1_000_000)}",7615917337495251231]`,
      `"${'7'.repeat(4_000_000)}`,
      '1.'.repeat(2_000_000),
      'e'.repeat(4_000_000) + '123',
    ];
    const takenMs = startProcessorStopwatch();
    for (const text of texts)
      try {
        parseJson(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
    expect(takenMs()).toBeLessThan(5000);
  });
});

describe('stringifyJson', () => {
  it('writes a bigint as its digits and all else as JSON.stringify does', () => {
    const value = { big: 7615917337495251231n, list: [undefined, 1n, { at: new Date(0) }], none: undefined, empty: {} };
    expect(stringifyJson(value)).toBe(
      '{"big":7615917337495251231,"list":[null,1,{"at":"1970-01-01T00:00:00.000Z"}],"empty":{}}',
    );
    expect(stringifyJson(undefined)).toBeUndefined();
    const { big: _big, list: _list, ...plain } = value;
    expect(stringifyJson({ ...plain, x: [1] }, 2)).toBe(JSON.stringify({ ...plain, x: [1] }, undefined, 2));
  });

  it('indents as JSON.stringify does', () => {
    const value = { a: [1, { b: [] }], c: {} };
    const expected = JSON.stringify({ ...value, d: 5 }, undefined, 2);
    expect(stringifyJson({ ...value, d: 5n }, 2)).toBe(expected);
  });

  it('refuses a value that refers to itself', () => {
    const value: unknown[] = [1n];
    value.push(value);
    expect(() => stringifyJson(value)).toThrow(TypeError);
  });
});

describe('inexactNumberPath', () => {
  it.each([
    [{ items: [0, 1, 2, { id: 9007199254740993n }] }, 'payload.items[3].id'],
    [{ 'a b': { c: 9007199254740993n } }, 'payload["a b"].c'],
    [9007199254740993n, 'payload'],
    [10n ** 400n, 'payload'],
    [{ id: 9007199254740992n, other: 2n ** 60n, text: '9007199254740993' }, undefined],
    [null, undefined],
  ])('names the number in %p', (value, path) => {
    expect(inexactNumberPath(value, 'payload')).toBe(path);
  });
});

function errorOf(text: string): JsonSyntaxError {
  try {
    parseJson(text);
  } catch (error) {
    return error as JsonSyntaxError;
  }
  throw new Error('The text was read.');
}
