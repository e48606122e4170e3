import { describe, expect, it } from '@jest/globals';
import { deferred } from '../../../src/core/deferred.js';

describe('deferred', () => {
  it('settles from outside', async () => {
    const end = deferred<number>();
    end.resolve(7);
    await expect(end.promise).resolves.toBe(7);
    const bad = deferred();
    bad.reject(new Error('no'));
    await expect(bad.promise).rejects.toThrow('no');
  });
});
