import { describe, expect, it } from '@jest/globals';
import { convert } from '../../../src/wrappers/convert.js';
import type { ValueRule } from '../../../src/wrappers/definition.js';
import { packageCall } from '../../../src/wrappers/payload.js';
import { patternMatcher } from '../../../src/wrappers/patterns/match.js';
import { problemWithPattern } from '../../../src/wrappers/rules/patterns.js';
import { describeWrappers, problemsOf, withService } from '../../support/wrappers/descriptions.js';

describe('the check of patterns', () => {
  it.each([
    String.raw`^\d+\.\d+\.\d+$`,
    String.raw`^(\d+\.)+\d+$`,
    '^([a-z0-9]+-)*[a-z0-9]+$',
    '^(?:[A-F0-9]{2}:){5}[A-F0-9]{2}$',
    '^(a|b)+$',
    '^[()+*]+$',
    '(a+b|c)*',
    String.raw`^\(a+\)+$`,
    '^(cat|dog|bird)(,(cat|dog|bird))*$',
    String.raw`^(?=.*\d)(?=.*[a-z]).{8,}$`,
    '^.{1,1024}$',
    String.raw`^[\w.+-]+@[\w-]+(\.[\w-]+)+$`,
    String.raw`^-?\d+(\.\d+)?([eE][+-]?\d+)?$`,
    '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$',
    String.raw`^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$`,
    String.raw`^(([1-9]?\d|1\d\d|2[0-4]\d|25[0-5])\.){3}([1-9]?\d|1\d\d|2[0-4]\d|25[0-5])$`,
    String.raw`^([A-Za-z0-9+\/]{4})*([A-Za-z0-9+\/]{2}==|[A-Za-z0-9+\/]{3}=)?$`,
    String.raw`^https?:\/\/[^\s\/]+(\/[^\s]*)?$`,
    '^.*foo.*bar$',
    '^(?:(?!foo).)*$',
  ])('accepts %s', (pattern) => {
    expect(problemWithPattern(pattern)).toBeUndefined();
  });

  it.each([
    ['^([A-Z]{1,3}-?)*$', /for ever/],
    [String.raw`^(\w|\d)+$`, /for ever/],
    ['^(a|aa)+$', /for ever/],
    ['^(a|ab|b)*$', /for ever/],
    ['^(x?x)*$', /for ever/],
    [String.raw`^(\d{1,3})*$`, /for ever/],
    ['^(a{1,5}){1,50}$', /for ever/],
    ['^(a?){50}a{50}$', /for ever/],
    ['^(a*){30}$', /for ever/],
    ['^a*a*a*a*a*a*$', /for ever/],
    [String.raw`^\d*\d*\d*$`, /for ever/],
    ['^(.*,){11}P$', /for ever/],
    [`^${'a?'.repeat(30)}${'a'.repeat(30)}$`, /for ever|too complex/],
    ['(a+)+', /for ever/],
    [String.raw`^(\w+\s?)*$`, /for ever/],
    ['((?:a*)b?)+', /for ever/],
    ['(a+|b)*', /for ever/],
    ['(a{2,})*', /for ever/],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', /for ever/],
    ['^(?=(a+)+$).*$', /for ever/],
    ['^(?:(?=.*y).)*z$', /looks far ahead .* for ever/],
    ['(?:(?=.{0,2000}y).){1,500}z', /looks far ahead .* for ever/],
    [String.raw`(a*)\1*b`, /back reference/],
    [String.raw`^(['"]).*\1$`, /back reference/],
    ['((a{1000}){1000}){1000}', /has too many repeats/],
    ['(?<year>x)', /notation/],
    ['(?<=x)y', /notation/],
    [String.raw`\p{L}`, /notation/],
    ['[', /is not a regular expression/],
    ['x'.repeat(201), /at most 200/],
  ])('refuses %s', (pattern, problem) => {
    expect(problemWithPattern(pattern)).toEqual(expect.stringMatching(problem));
  });

  it('accepts several unbounded repeats in sequence if the parameter has short texts', () => {
    const pattern = '^.*foo.*bar.*baz$';
    expect(problemWithPattern(pattern)).toMatch(/smaller maxLength/);
    expect(problemWithPattern(pattern, 200)).toBeUndefined();
  });

  it('reports a refused pattern once, and does not match the values of an enumeration with it', () => {
    const parameter = String.raw`{ name: code, baseType: STRING, pattern: "(a*)\\1*b", enum: [x] }`;
    expect(problemsOf(withService(`name: Do\nkind: deviceMethod\nparameters: [${parameter}]`))).toEqual([
      expect.stringContaining('parameters[0].pattern: uses a back reference'),
    ]);
  });
});

describe('matching', () => {
  it.each<[pattern: string, text: string, isMatch: boolean]>([
    ['^a+$', 'aaa', true],
    ['^a+$', 'aab', false],
    ['b', 'abc', true],
    ['^$', '', true],
    [String.raw`\bcat\b`, 'a cat!', true],
    [String.raw`\bcat\b`, 'concat', false],
    [String.raw`\Bcat`, 'concat', true],
    ['^(?=.*[0-9])(?!.*x).{3,}$', 'ab1', true],
    ['^(?=.*[0-9])(?!.*x).{3,}$', 'ax1', false],
    ['^[^]$', '\n', true],
    ['^.$', '\u2028', false],
    ['[]', 'a', false],
    [String.raw`^\x41\u0042\cJ\0$`, 'AB\n\0', true],
    [String.raw`^[\d\-x]{2,3}?$`, '1-x', true],
    [String.raw`^\s$`, '\ufeff', true],
    ['^..$', '😀', true],
    ['(?:){1000000000}', '', true],
    ['^(?:a{3}){2}$', 'aaaaaa', true],
  ])('%s on %j is %s', (pattern, text, isMatch) => {
    expect(patternMatcher(pattern)(text)).toBe(isMatch ? 'match' : 'noMatch');
    expect(new RegExp(pattern).test(text)).toBe(isMatch);
  });

  it.each([
    '^([A-Z]{1,3}-?)*$',
    String.raw`^(\w|\d)+$`,
    '^(A|AA)+$',
    '^(A?A)*$',
    '^(A{1,5}){1,50}$',
    '^(A?){50}A{50}$',
    '^(A*){30}$',
    '^A*A*A*A*A*A*$',
    '^((A+)+)+$',
  ])('%s ends on the longest text', (pattern) => {
    expect(patternMatcher(pattern)(`${'A'.repeat(4095)}!`)).toBe('noMatch');
  });

  it('passes a string that takes too many steps on to RegExp, within a time limit', () => {
    expect(patternMatcher('[a-z].{0,1000}[0-9]', 1000)(`${'x'.repeat(4095)}1`)).toBe('match');
    expect(patternMatcher('[a-z].{0,1000}[0-9]', 1000)('x'.repeat(4096))).toBe('noMatch');
    expect(patternMatcher('^(x+x+)+y$', 1000)('x'.repeat(4096))).toBe('tooCostly');
    expect(patternMatcher('^(x+x+)+y$')('x'.repeat(4096))).toBe('noMatch');
  });
});

describe('a wrapper with a pattern', () => {
  const call = (pattern: string, code: string): unknown => {
    const text = `name: Do\nkind: deviceMethod\nparameters: [{ name: code, baseType: STRING, pattern: '${pattern}' }]`;
    const [service] = describeWrappers(withService(text)).services;
    return service && packageCall(service, { code }).payload;
  };

  it('names the parameter whose text does not match', () => {
    expect(call('^[A-Z]+$', 'OK')).toEqual({ code: 'OK' });
    expect(() => call('^[A-Z]+$', 'no')).toThrow("Do: parameter 'code' must match ^[A-Z]+$");
  });

  it('names the parameter whose text takes too many steps', () => {
    const rule: ValueRule = { kind: 'text', pattern: '^x$', matcher: () => 'tooCostly' };
    expect(() => convert('x', rule, "Do: parameter 'code'")).toThrow(
      "Do: parameter 'code' takes too long to match against ^x$",
    );
  });
});
