import { expect, it } from '@jest/globals';
import { formatPath } from '../../../src/documents/problem.js';

it('formats a path as people write it', () => {
  expect(formatPath(['a', 0, 'b-c', 'd.e'])).toBe('a[0].b-c["d.e"]');
});
