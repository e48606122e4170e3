import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { explainKey } from '../../../../src/agent/config/explain.js';
import { loadConfiguration, readConfiguration } from '../../../../src/agent/config/load.js';
import { formatProblem } from '../../../../src/documents/problem.js';
import { command } from '../../../support/agent/command.js';
import { ConfigFiles, CONNECTION, MINIMAL } from '../../../support/agent/config-files.js';

const files = new ConfigFiles();
beforeAll(() => files.open());
afterAll(files.close);

async function problemsOf(text: string | Buffer, environment: Record<string, string> = {}): Promise<string[]> {
  const result = await loadConfiguration({ files: [await files.write(text)], environment });
  return result.ok ? [] : result.problems.map((problem) => files.withoutNames(formatProblem(problem)));
}

const KEY = 'c2VjcmV0LWtleQ==';
const BAD_STRINGS: readonly (readonly [string, RegExp])[] = [
  [CONNECTION.replace('h.example', 'https://h.example'), /has a HostName that is not a bare host name/],
  [CONNECTION.replace('h.example.net', 'h.example.net:8443'), /has a HostName that is not a bare host name/],
  [CONNECTION.replace(KEY, 'not-base64!'), /has a SharedAccessKey that is not base64/],
  [CONNECTION.replace('SharedAccessKeyName=p;', ''), /lacks SharedAccessKeyName/],
];

describe('an invalid connection string', () => {
  const without = MINIMAL.replace(/ {4}connectionString: .*\n/, '    tier: S1\n');

  it.each(BAD_STRINGS)('is refused with its position in the file: %#', async (text, reason) => {
    const problems = await problemsOf(MINIMAL.replace(CONNECTION, text));
    expect(problems).toEqual([expect.stringMatching(/^FILE:7:23: iothubs\.main\.connectionString: /)]);
    expect(problems[0]).toMatch(reason);
    expect(problems[0]).not.toMatch(/c2V|not-base64|h\.example/);
  });

  it.each(BAD_STRINGS)('is refused with the name of its variable: %#', async (text, reason) => {
    const problems = await problemsOf(without, { TWX_IOTHUB__IOTHUBS__MAIN__CONNECTIONSTRING: text });
    expect(problems).toEqual([
      expect.stringMatching(/^TWX_IOTHUB__IOTHUBS__MAIN__CONNECTIONSTRING: iothubs\.main\.connectionString: /),
    ]);
    expect(problems[0]).toMatch(reason);
    expect(problems[0]).not.toMatch(/c2V|not-base64|h\.example/);
  });

  it.each(BAD_STRINGS)('is refused in its secret file: %#', async (text, reason) => {
    const secret = await files.write(`${text}\n`);
    const problems = await problemsOf(without.replace('tier: S1', `connectionStringFile: ${secret}`));
    expect(problems).toEqual([expect.stringMatching(/^FILE:7:27: iothubs\.main\.connectionStringFile: the content/)]);
    expect(problems[0]).toMatch(reason);
    expect(problems[0]).not.toMatch(/c2V|not-base64|h\.example/);
  });

  it('is not one that was pasted with spaces and quotes', async () => {
    const pasted = `"${CONNECTION.replaceAll(';', '; ')}"`;
    expect(await problemsOf(MINIMAL.replace(CONNECTION, `'${pasted}'`))).toEqual([]);
    expect(await problemsOf(without, { TWX_IOTHUB__IOTHUBS__MAIN__CONNECTIONSTRING: pasted })).toEqual([]);
  });
});

describe('invalid hosts', () => {
  it.each<[string, string, RegExp]>([
    ['thingworx.url', 'wss://a..b', /must name a host/],
    ['thingworx.url', 'wss:/h', /must be a URL/],
    ['thingworx.url', 'wss:h', /must be a URL/],
    ['thingworx.url', 'wss://1.2.3/Thingworx', /must name a host/],
    ['thingworx.url', 'wss://h:0', /must name a host: its port/],
    ['thingworx.url', 'wss://-h', /must name a host/],
    ['thingworx.proxy', 'proxy:3128', /must be the URL of an HTTP proxy/],
    ['thingworx.proxy', 'socks5://user:s3cret@proxy:3128', /must be the URL of an HTTP proxy/],
    ['thingworx.proxy', 'http:/user:s3cret@proxy', /must be the URL of an HTTP proxy/],
    ['thingworx.proxy', 'http:\\\\user:s3cret@proxy', /must be the URL of an HTTP proxy/],
    ['thingworx.proxy', 'http://user:s3cret#x@proxy:3128', /is not a valid URL/],
    ['thingworx.proxy', 'http://user:12/s3cret@proxy:3128', /neither path nor query/],
    ['thingworx.proxy', 'http://user:12#s3cret@proxy:3128', /neither path nor query/],
    ['thingworx.proxy', 'http://user:50%s3cret@proxy:3128', /% in user or password/],
    ['thingworx.proxy', 'http://a..b:3128', /must name a host/],
    ['thingworx.proxy', 'http://proxy:0', /must name a host: its port/],
    ['thingworx.proxy', 'http://proxy:99999', /is not a valid URL/],
    ['iothubs.main.proxy', ' http://user:s3cret@proxy:3128', /must be the URL of an HTTP proxy/],
    ['iothubs.main.address', 'a..b:443', /must be host:port/],
    ['iothubs.main.address', 'h:0', /must be host:port/],
    ['iothubs.main.address', 'h:70000', /must be host:port/],
  ])('%s: %s', async (key, value, reason) => {
    const variable = `TWX_IOTHUB__${key.toUpperCase().replaceAll('.', '__')}`;
    const problems = await problemsOf(MINIMAL, { [variable]: value });
    expect(problems).toEqual([expect.stringContaining(`${variable}: ${key}: `)]);
    expect(problems[0]).toMatch(reason);
    expect(problems[0]).not.toMatch(/s3cret|user:/);
  });

  it.each(['https://h.example.net', 'h.example.net:443', 'h..net', '1.2.3', 'h.'])('hostName: %s', async (hostName) => {
    const text = MINIMAL.replace(/connectionString: .*/, `hostName: '${hostName}'\n    credential: default`);
    expect(await problemsOf(text)).toEqual([
      expect.stringContaining('FILE:7:15: iothubs.main.hostName: is not a valid host name'),
    ]);
  });
});

describe('a proxy and other URLs with a password', () => {
  const PROXIES: readonly (readonly [string, string])[] = [
    ['http://proxy:3128', 'http://proxy:3128'],
    ['http://user:s3cret@proxy:3128', 'http://********@proxy:3128'],
    ['http://user:s3cret@tail@host', 'http://********@host'],
    ['HTTP://s3cret@host:1/', 'http://********@host:1'],
    [' http://user:s3cret@host', '********'],
    ['http:/user:s3cret@host', '********'],
    ['http:\\\\user:s3cret@host', '********'],
    ['user:s3cret@host:3128', '********'],
    ['my-proxy://user:s3cret@host', '********'],
    ['http://user:s3cret#1@host', '********'],
    ['http://user:12/s3cret@host', '********'],
    ['s3cret', '********'],
  ];

  it.each(PROXIES)('%j is explained as %s', async (proxy, shown) => {
    for (const key of ['thingworx.proxy', 'iothubs.main.proxy']) {
      const variable = `TWX_IOTHUB__${key.toUpperCase().replaceAll('.', '__')}`;
      const config = await files.write(MINIMAL);
      const { layered } = await readConfiguration({ files: [config], environment: { [variable]: proxy } });
      expect(explainKey(key, layered)).toMatchObject([{ value: shown }]);
      const outputs = await Promise.all(
        [['print'], ['print', '--output', 'json'], ['validate'], ['explain', key], ['explain', 'thingworx']].map(
          (args) => command(['config', ...args, '--config', config], { env: { [variable]: proxy } }),
        ),
      );
      expect(JSON.stringify(outputs)).not.toContain('s3cret');
    }
  });

  it.each<[string, string, string]>([
    ['thingworx.url', 'TWX_IOTHUB__THINGWORX__URL', 'wss://user:s3cret@tail@h'],
    ['thingworx.url', 'TWX_IOTHUB__THINGWORX__URL', 'wss:/user:s3/cret@h/s3cret@h'],
    ['iothubs', 'TWX_IOTHUB__IOTHUBS', '{"main": {"connectionString": "s3cret"'],
    ['iothubs', 'TWX_IOTHUB__IOTHUBS', '{"main": {"connectionString": ["s3cret"]}}'],
    ['things', 'TWX_IOTHUB__THINGS', 's3cret'],
  ])('%s never shows a possible secret', async (key, variable, value) => {
    const { stdout, stderr } = await command(['config', 'explain', key, '--config', await files.write(MINIMAL)], {
      env: { [variable]: value },
    });
    expect(stdout + stderr).not.toMatch(/s3|cret/);
  });

  it('does not show a secret inside a list or map', async () => {
    const config = await files.write(MINIMAL.replace('key-in-file', '[s3cret, {s3cret: s3cret}]'));
    expect((await command(['config', 'explain', 'thingworx', '--config', config])).stdout).not.toContain('s3cret');
  });
});

describe('Things that would be bound under the same name', () => {
  it.each<[string, string]>([
    [
      '[{name: A, identifier: x}, {name: B, identifier: x}]',
      'FILE:8:58: things[1].identifier: another Thing is bound under the same name (see things[0].identifier)',
    ],
    [
      '[{name: A, identifier: x}, {name: "*x"}]',
      'FILE:8:43: things[1].name: another Thing is bound under the same name (see things[0].identifier)',
    ],
    [
      '[{name: "*x"}, {name: A, identifier: x}]',
      'things[1].identifier: another Thing is bound under the same name (see things[0].name)',
    ],
    ['[{name: A}, {name: A}]', 'FILE:8:28: things[1].name: another Thing has the same name'],
    [
      '[{name: A, identifier: x}, {name: A, identifier: y}]',
      'FILE:8:43: things[1].name: another Thing has the same name',
    ],
  ])('%s', async (things, problem) => {
    expect(await problemsOf(`${MINIMAL}things: ${things}\n`)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    '[{name: A, identifier: x}, {name: x}]',
    '[{name: A, identifier: A}, {name: B, identifier: B}]',
    '[{name: A, identifier: x}, {name: B, identifier: X}]',
    '[{name: "*x", identifier: y}, {name: B, identifier: x}]',
  ])('but not %s', async (things) => {
    expect(await problemsOf(`${MINIMAL}things: ${things}\n`)).toEqual([]);
  });
});

describe('a file as people write YAML', () => {
  const TEXT = `x-hub: &hub
  tier: S2
  units: 3
thingworx:
  url: wss://twx.example.com
  appKey: k
iothubs:
  main:
    <<: *hub
    units: 5
    connectionString: ${CONNECTION}
things:
  - {name: A, iothub: main}
`;

  it('is validated, explained and printed alike', async () => {
    const config = await files.write(TEXT);
    expect((await command(['config', 'validate', '--config', config])).status).toBe(0);
    const explained = (key: string) => command(['config', 'explain', key, '--config', config]);
    expect((await explained('iothubs.main.tier')).stdout).toBe(`iothubs.main.tier = "S2"  (from ${config}:2:9)\n`);
    expect((await explained('iothubs.main.units')).stdout).toBe(`iothubs.main.units = 5  (from ${config}:10:12)\n`);
    expect((await explained('x-hub')).status).toBe(2);
    const printed = JSON.parse((await command(['config', 'print', '-o', 'json', '--config', config])).stdout) as object;
    expect(printed).toMatchObject({ iothubs: { main: { tier: 'S2', units: 5 } } });
    expect(Object.keys(printed)).not.toContain('x-hub');
  });

  it('has errors with the line and column where they were written', async () => {
    expect(await problemsOf(TEXT.replace('S2', 'S9'))).toEqual([
      'FILE:2:9: iothubs.main.tier: must be one of F1, S1, S2, S3, unlimited',
    ]);
    expect(await problemsOf(TEXT.replace('tier', 'tir'))).toEqual([
      'FILE:2:3: iothubs.main.tir: unknown key (did you mean "tier"?)',
    ]);
  });
});

describe('invalid encodings and values', () => {
  it('are reported for a configuration that PowerShell wrote in UTF-16', async () => {
    expect(await problemsOf(Buffer.from(`\uFEFF${MINIMAL}`, 'utf16le'))).toEqual([
      'FILE:1:1: the file is UTF-16 LE text, not UTF-8 (save the file as UTF-8)',
    ]);
  });

  it('include whole numbers that would change, in files, variables and flags', async () => {
    const big = '9007199254740993';
    expect(await problemsOf(`${MINIMAL}guards: {maxDevicesPerJob: ${big}}\n`)).toEqual([
      expect.stringContaining(
        'FILE:8:28: guards.maxDevicesPerJob: is a whole number that cannot be represented exactly',
      ),
    ]);
    expect(await problemsOf(MINIMAL, { TWX_IOTHUB__THINGS: `[{"name": "A", "x": ${big}}]` })).toContainEqual(
      expect.stringContaining('TWX_IOTHUB__THINGS: things[0].x: is a whole number that cannot be represented exactly'),
    );
  });

  it('include an application key of two lines', async () => {
    const text = MINIMAL.replace('  appKey: key-in-file\n', '');
    expect(await problemsOf(text, { TWX_IOTHUB__THINGWORX__APPKEY: 's3cret\r' })).toEqual([
      'TWX_IOTHUB__THINGWORX__APPKEY: thingworx.appKey: has more than one line or a control character',
    ]);
  });

  it('are reported without the text that directly follows a key', async () => {
    const problems = await problemsOf('thingworx: {url: "wss://h", appKey=s3cret: 1}\n');
    expect(problems.join('\n')).not.toContain('s3cret');
    expect(problems).toContainEqual(expect.stringContaining('thingworx.appKey: runs together with its value'));
  });
});
