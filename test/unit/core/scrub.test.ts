import { describe, expect, it } from '@jest/globals';
import { scrubber } from '../../../src/core/scrub.js';

const KEY = 'p+q/r=s"t\\u&v<w>';

/** How programs quote a string that they repeat. */
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const dotNetJson = (text: string): string =>
  json(text).replaceAll(/[+&<>]/g, (found) => `\\u${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const references = (text: string): string =>
  Array.from(text)
    .map((found) => `&#${found.charCodeAt(0)};`)
    .join('');
const hexReferences = (text: string): string =>
  Array.from(text)
    .map((found) => `&#x${found.charCodeAt(0).toString(16)};`)
    .join('');
const everyByte = (text: string): string =>
  Array.from(text)
    .map((found) => `%${found.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .join('');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const base64url = (text: string): string => Buffer.from(text).toString('base64url');

describe('scrubber', () => {
  const scrub = scrubber([KEY, 'short', '']);

  it.each<[string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['in JSON', json],
    ['in JSON inside JSON', (text) => json(json(text))],
    ['in JSON three times over', (text) => json(json(json(text)))],
    ['in the JSON of .NET', dotNetJson],
    ['in the JSON of .NET inside JSON', (text) => json(dotNetJson(text))],
    ['in JSON with escaped slashes', (text) => json(text).replaceAll('/', '\\/')],
    ['in a URL', encodeURIComponent],
    ['in a URL with small letters', (text) => encodeURIComponent(text).toLowerCase()],
    ['in a URL inside a URL', (text) => encodeURIComponent(encodeURIComponent(text))],
    ['with every byte encoded', everyByte],
    ['in XML', xml],
    ['in XML inside JSON', (text) => json(xml(text))],
    ['in references', references],
    ['in hexadecimal references', hexReferences],
  ])('masks a secret %s', (_how, quote) => {
    const scrubbed = scrub(`begin ${quote(KEY)} end`);
    expect(scrubbed).toBe('begin ******** end');
  });

  it.each([0, 1, 2, 3])('masks a secret in base64 of a string where it stands at %i', (offset) => {
    for (const encode of [base64, base64url]) {
      const inner = base64(KEY).slice(6, 12);
      const encoded = encode(`${'x'.repeat(offset)}${KEY}yy`);
      const scrubbed = scrub(`begin ${encoded} end`);
      expect(scrubbed).toContain('********');
      expect(scrubbed).not.toContain(inner);
      expect(scrubbed.length).toBeLessThan(encoded.length);
    }
  });

  it.each([
    ['SharedAccessKey=abc123==', 'SharedAccessKey=********'],
    ['{"s":"HostName=h;SharedAccessKey=abc123=\\n"}', '{"s":"HostName=h;SharedAccessKey=********\\n"}'],
    ['sharedaccesskey%3dabc%3D', 'sharedaccesskey%3d********'],
    ['?sr=h&sig=abc%3D&se=1', '?sr=h&sig=********&se=1'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer ********'],
    ['Proxy-Authorization: Basic dXNlcjpwYXNz', 'Proxy-Authorization: Basic ********'],
    ['{"proxy-authorization":"Basic dXNlcjpwYXNz"}', '{"proxy-authorization":"Basic ********"}'],
    ['via http://user:pass@proxy:3128/', 'via http://user:********@proxy:3128/'],
  ])('masks what has the form of a secret: %s', (text, masked) => {
    expect(scrubber([])(text)).toBe(masked);
  });

  it('leaves nothing of a secret that holds another one', () => {
    expect(scrubber(['secret-key', 'secret-key-of-two'])('secret-key-of-two, secret-key')).toBe('********, ********');
  });

  it.each([
    '{"level":"info"}',
    'Basic authentication is required',
    'https://host:8443/path',
    '100 % of C:\\temp & more',
  ])('leaves %j as it is', (text) => {
    expect(scrubber(['info', '', 'absent-secret'])(text)).toBe(text);
  });
});
