import { describe, expect, it } from '@jest/globals';
import { problemWithPattern } from '../../../src/wrappers/rules/patterns.js';

describe('patterns', () => {
  it.each([
    String.raw`^\d+\.\d+\.\d+$`,
    String.raw`^(\d+\.)+\d+$`,
    '^([a-z0-9]+-)*[a-z0-9]+$',
    '^(?:[A-F0-9]{2}:){5}[A-F0-9]{2}$',
    '^(a|b)+$',
    '^[()+*]+$',
    '(a+b|c)*',
    String.raw`^\(a+\)+$`,
  ])('take %s', (pattern) => {
    expect(problemWithPattern(pattern)).toBeUndefined();
  });

  it.each([
    ['(a+)+', /for ever/],
    [String.raw`^(\w+\s?)*$`, /for ever/],
    ['((?:a*)b?)+', /for ever/],
    ['(a+|b)*', /for ever/],
    ['(a{2,})*', /for ever/],
    ['(?<year>x)', /notation/],
    [String.raw`\p{L}`, /notation/],
    ['[', /is not a regular expression/],
    ['x'.repeat(201), /at most 200/],
  ])('refuse %s', (pattern, problem) => {
    expect(problemWithPattern(pattern)).toEqual(expect.stringMatching(problem));
  });
});
