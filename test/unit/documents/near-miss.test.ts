import { describe, expect, it } from '@jest/globals';
import { nearMiss } from '../../../src/documents/near-miss.js';

describe('nearMiss', () => {
  it.each([
    ['thingworks', 'thingworx'],
    ['app_key', 'appKey'],
    ['APPKEY', 'appKey'],
    ['zzz', undefined],
  ])('returns for %s the candidate %s', (word, meant) => {
    expect(nearMiss(word, ['thingworx', 'appKey', 'iothubs'])).toBe(meant);
  });
});
