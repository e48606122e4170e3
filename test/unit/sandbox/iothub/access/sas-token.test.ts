import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  covers,
  isExpired,
  isSignedBy,
  makeSasToken,
  parseSasToken,
} from '../../../../../src/sandbox/iothub/access/sas-token.js';

const primaryKey = Buffer.alloc(32, 1).toString('base64');
const secondaryKey = Buffer.alloc(32, 2).toString('base64');
const keys = { primaryKey, secondaryKey };

/** Builds a token from Microsoft's description, independently of the code under test. */
function token(sr: string, se: number, key: string, more = ''): string {
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');
  return `SharedAccessSignature sig=${encodeURIComponent(signature)}&se=${se}&sr=${sr}${more}`;
}
const parse = (text: string) => {
  const parsed = parseSasToken(text);
  if (!parsed) throw new Error('no token');
  return parsed;
};

describe('a SAS token', () => {
  test('is accepted with its fields in any order and signed with either key', () => {
    const parsed = parse(token('hub%2Fdevices%2Fd', 2_000_000_000, primaryKey, '&skn=device'));
    expect(parsed).toMatchObject({ sr: 'hub%2Fdevices%2Fd', se: '2000000000', skn: 'device' });
    expect(isSignedBy(parsed, keys)).toBe(true);
    expect(isSignedBy(parse(token('hub', 1, secondaryKey)), keys)).toBe(true);
    expect(isSignedBy(parse(token('hub', 1, Buffer.alloc(32, 3).toString('base64'))), keys)).toBe(false);
  });

  test('is signed over the resource as sent, encoded or not', () => {
    const raw = token('hub/devices/d', 1, primaryKey);
    expect(isSignedBy(parse(raw), keys)).toBe(true);
    expect(isSignedBy(parse(raw.replace('hub/devices/d', 'hub%2Fdevices%2Fd')), keys)).toBe(false);
  });

  test('is valid if the project itself creates it', () => {
    const made = parse(makeSasToken({ resource: 'hub/x', key: primaryKey, expirySeconds: 5, policy: 'a b' }));
    expect(isSignedBy(made, keys)).toBe(true);
    expect(made.skn).toBe('a b');
  });

  test('expires at the second that it names', () => {
    const parsed = parse(token('hub', 100, primaryKey));
    expect(isExpired(parsed, 99_999)).toBe(false);
    expect(isExpired(parsed, 100_000)).toBe(true);
  });

  test.each([
    '',
    'Bearer x',
    'SharedAccessSignature ',
    'SharedAccessSignature sr=a&sig=b',
    'SharedAccessSignature sr=a&se=1',
    'SharedAccessSignature sr=a&sig=b&se=soon',
    'SharedAccessSignature sr=a&sig=b&se=-1',
    'SharedAccessSignature sr=a&sig=%zz&se=1',
    'SharedAccessSignature sr=a&sr=b&sig=b&se=1',
    `SharedAccessSignature sr=${'a'.repeat(5000)}&sig=b&se=1`,
  ])('is not %s', (text) => {
    expect(parseSasToken(text)).toBeUndefined();
  });

  test.each([
    ['hub', '/anything', true],
    ['HUB', '/anything', true],
    ['hub:8443', '/anything', true],
    ['hub%3A8443%2Fdevices', '/devices/d', true],
    ['hub/devices/d', '/devices/D', true],
    ['hub/devices/d', '/devices/d/modules/m', true],
    ['hub/devices/d', '/devices/dd', false],
    ['hub/devices/d/', '/devices/d', true],
    ['hubs', '/x', false],
    ['other/hub', '/hub', false],
    ['%zz', '/x', false],
  ])('for %s and the path %s: %s', (sr, path, expected) => {
    expect(covers({ sr, signature: '', se: '0', skn: undefined }, ['hub'], path)).toBe(expected);
  });
});
