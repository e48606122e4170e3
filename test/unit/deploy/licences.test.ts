import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { licenceProblems, type LockFile } from '../../../scripts/licences.js';

describe('the licences', () => {
  it('of all packages that are shipped are allowed', () => {
    expect(licenceProblems(JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile)).toEqual([]);
  });

  it.each<[string, LockFile['packages'][string], boolean]>([
    ['an allowed one', { version: '1.0.0', license: 'MIT' }, true],
    ['another one', { version: '1.0.0', license: 'GPL-3.0-only' }, false],
    ['none', { version: '1.0.0' }, false],
    ['another one, for development only', { version: '1.0.0', license: 'GPL-3.0-only', dev: true }, true],
  ])('are checked: a package with %s', (_what, entry, isFine) => {
    const problems = licenceProblems({ packages: { 'node_modules/a/node_modules/@s/b': entry } });
    expect(problems).toEqual(isFine ? [] : [expect.stringContaining('@s/b@1.0.0')]);
  });
});
