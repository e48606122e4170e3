import { describe, expect, it } from '@jest/globals';
import { readConnectionString, readSasToken } from '../../../src/iothub/connection-string.js';

const KEY = 'c2VjcmV0LWtleQ==';
const GOOD = `HostName=localhost;SharedAccessKeyName=iothubowner;SharedAccessKey=${KEY}`;
const PARTS = { hostName: 'localhost', policy: 'iothubowner', key: KEY };

describe('readConnectionString', () => {
  it.each<[string, string]>([
    ['as the portal shows it', GOOD],
    ['with blanks after the semicolons', GOOD.replaceAll(';', '; ')],
    ['with blanks around the equals signs', GOOD.replace('HostName=', 'HostName = ')],
    ['with a line for each part', GOOD.replaceAll(';', ';\r\n')],
    ['with a semicolon and a line end at its end', `${GOOD};\n`],
    ['in double quotes', `"${GOOD}"`],
    ['in single quotes', `'${GOOD}'`],
    ['in the quotes of a word processor', `\u201c${GOOD}\u201d`],
    ['in quotes with blanks inside and outside', ` " ${GOOD} " \n`],
    ['in lower case', GOOD.replace(/\w+(?==)/g, (name) => (name === 'c2VjcmV0LWtleQ' ? name : name.toLowerCase()))],
    ['in upper case', GOOD.replace('HostName', 'HOSTNAME').replace('SharedAccessKeyName', 'SHAREDACCESSKEYNAME')],
    ['in another order', `SharedAccessKey=${KEY};HostName=localhost;SharedAccessKeyName=iothubowner`],
  ])('accepts one %s', (_what, text) => {
    expect(readConnectionString(text)).toEqual({ ok: true, parts: PARTS });
  });

  it.each<[string, RegExp]>([
    ['', /^lacks HostName, SharedAccessKeyName, SharedAccessKey;/],
    ['nonsense', /^lacks HostName/],
    [GOOD.replace('SharedAccessKeyName', 'KeyName'), /^lacks SharedAccessKeyName;/],
    [GOOD.replace('localhost', ''), /^lacks HostName;/],
    [GOOD.replace('localhost', ' '), /^lacks HostName;/],
    [GOOD.replace('localhost', 'https://localhost'), /^has a HostName that is not a bare host name: it has a scheme/],
    [GOOD.replace('localhost', 'localhost/'), /bare host name: it has a path/],
    [GOOD.replace('localhost', 'localhost:8443'), /bare host name: it has a port.*`address`/],
    [GOOD.replace('localhost', '<hub name>'), /bare host name/],
    [GOOD.replace('localhost', 'my hub'), /bare host name: it has a blank/],
    [GOOD.replace(KEY, '<key>'), /^has a SharedAccessKey that is not base64/],
    [
      GOOD.replace('localhost', 'https://localhost').replace(KEY, '<key>'),
      /^has a HostName that is not .*\. It also has a SharedAccessKey that is not base64/,
    ],
    [
      'HostName=my hub;SharedAccessKey=<key>',
      /^lacks SharedAccessKeyName; .* has a HostName .* has a SharedAccessKey /,
    ],
    [GOOD.replace(KEY, 'c2VjcmV0LWtleQ'), /not base64/],
    [GOOD.replace(KEY, 'c2Vj cmV0LWtleQ=='), /not base64/],
    [GOOD.replace(KEY, 'c2VjcmV0_-tleQ=='), /not base64/],
    [GOOD.replace(KEY, `"${KEY}"`), /quotation mark/],
    [GOOD.replace('iothubowner', 'iothub\nowner'), /^has a SharedAccessKeyName with a blank/],
    [`"${GOOD}`, /quotation mark at one end/],
    [`${GOOD}'`, /quotation mark at one end/],
    [`${GOOD};HostName=other`, /^has HostName more than once/],
    [GOOD.replace('SharedAccessKeyName=iothubowner', 'DeviceId=d'), /^is the connection string of a device/],
    [`Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=p;SharedAccessKey=${KEY}`, /Event Hubs/],
  ])('refuses %j without repeating the key or the string', (text, reason) => {
    const read = readConnectionString(text);
    const fault = read.ok ? '' : read.fault;
    expect(fault).toMatch(reason);
    for (const secret of [KEY, 'c2V', 'iothubowner', '<key>', '<hub name>']) expect(fault).not.toContain(secret);
  });
});

describe('readSasToken', () => {
  const TOKEN = 'SharedAccessSignature sr=hub.test&sig=c2ln%3D&se=1700000000&skn=p';

  it.each([TOKEN, ` ${TOKEN}\n`, `"${TOKEN}"`])('accepts %j', (text) => {
    expect(readSasToken(text)).toEqual({ ok: true, parts: { hostName: 'hub.test', token: TOKEN } });
  });

  it.each<[string, RegExp]>([
    ['', /must begin with/],
    ['Bearer x', /must begin with/],
    ['SharedAccessSignature sig=c2ln&se=1', /^lacks sr;/],
    ['SharedAccessSignature sr=hub.test', /^lacks sig, se;/],
    [TOKEN.replace('hub.test', 'https%3A%2F%2Fhub.test'), /bare host name/],
    [TOKEN.replace('hub.test', 'hub.test%2Fdevices%2Fd'), /token of a device/],
    [TOKEN.replace('&se', '\n&se'), /line end inside/],
    [TOKEN.replace('1700000000', 'tomorrow'), /expiry/],
  ])('refuses %j without repeating it', (text, reason) => {
    const read = readSasToken(text);
    expect(read.ok ? '' : read.fault).toMatch(reason);
    expect(read.ok ? '' : read.fault).not.toContain('c2ln');
  });
});
