import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentConfig } from '../../../../src/agent/config/agent-config.js';
import { exampleConfiguration } from '../../../../src/agent/config/example.js';
import { explainKey } from '../../../../src/agent/config/explain.js';
import { CONFIGURATION_KEYS } from '../../../../src/agent/config/key-table.js';
import { agentConfigFrom, loadConfiguration, readConfiguration } from '../../../../src/agent/config/load.js';
import { maskSecrets } from '../../../../src/agent/config/mask.js';
import { secretsOf } from '../../../../src/agent/secrets.js';
import { formatProblem } from '../../../../src/documents/problem.js';

const CONNECTION = 'HostName=h.example.net;SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0LWtleQ==';
const MINIMAL = `
thingworx:
  url: wss://twx.example.com
  appKey: key-in-file
iothubs:
  main:
    connectionString: ${CONNECTION}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
async function file(content: string, mode = 0o600): Promise<string> {
  const path = join(folder, `${(count += 1)}.yaml`);
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

async function load(text: string, environment: Record<string, string> = {}, settings: string[] = []) {
  return loadConfiguration({ files: [await file(text)], environment, settings });
}

async function configOf(...args: Parameters<typeof load>): Promise<AgentConfig> {
  const result = await load(...args);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.config;
}

/** Problems without the folder in the file names. */
async function problemsOf(...args: Parameters<typeof load>): Promise<string[]> {
  const result = await load(...args);
  return result.ok ? [] : result.problems.map((problem) => formatProblem(problem).replace(/^\S*?\/\d+\.yaml/, 'FILE'));
}

describe('defaults', () => {
  it('complete a minimal configuration', async () => {
    expect(await configOf(MINIMAL)).toEqual({
      thingworx: {
        address: {
          webSocketUrl: 'wss://twx.example.com/Thingworx/WS',
          restUrl: 'https://twx.example.com/Thingworx',
          isSecure: true,
        },
        appKey: 'key-in-file',
        allowInsecure: false,
        compression: false,
        maxFrameBytes: 8192,
        maxMessageBytes: 1_048_576,
        pingIntervalSeconds: 45,
        pongTimeoutSeconds: 10,
        maxRequestsInFlight: 256,
      },
      iothubs: [
        {
          name: 'main',
          credentials: { connectionString: CONNECTION },
          tier: 'S1',
          units: 1,
          watchIntervalSeconds: 10,
          maxConcurrentJobs: 1,
        },
      ],
      things: [{ name: 'AzureIotHub', iothub: 'main' }],
      services: {
        shortNames: true,
        checkQueryCondition: true,
        connectTimeoutInSeconds: 30,
        queueJobs: false,
        deviceManagement: false,
        showDeviceKeys: false,
        timeoutSeconds: 25,
      },
      guards: { requireQueryCondition: false },
      rollouts: {
        enabled: true,
        maxOpen: 100,
        historyDays: 365,
        connectionCheckSeconds: 60,
        continuousCheckSeconds: 300,
        whenPlatformAway: 'continue',
        queueMaxAgeSeconds: 86_400,
      },
      watch: { all: false },
      history: { jobDays: 365 },
      wrappers: [],
      admin: { enabled: true, host: '127.0.0.1', port: 9009 },
      cluster: { leaseSeconds: 15 },
      console: { enabled: true },
      log: { level: 'info' },
      shutdown: { timeoutSeconds: 9 },
    });
  });

  it.each([
    ['F1', 10, 1],
    ['S1', 10, 1],
    ['S2', 5, 5],
    ['S3', 2, 10],
    ['unlimited', 0.25, 10],
  ])('have a hub of tier %s watched every %d s and up to %d jobs opened on it', async (tier, seconds, jobs) => {
    const config = await configOf(`${MINIMAL}    tier: ${tier}\n`);
    expect(config.iothubs[0]).toMatchObject({ watchIntervalSeconds: seconds, maxConcurrentJobs: jobs });
  });

  it('takes the number of open jobs from the configuration', async () => {
    const config = await configOf(`${MINIMAL}rollouts: { maxConcurrentJobs: 3 }\n`);
    expect(config.iothubs[0]?.maxConcurrentJobs).toBe(3);
  });
});

describe('every key', () => {
  it('is accepted with the value in the example', async () => {
    const config = await configOf(exampleConfiguration());
    expect(config.things).toEqual([{ name: 'AzureIotHub', iothub: 'main' }]);
  });

  it('is in the example with its description', () => {
    const text = exampleConfiguration();
    const named = CONFIGURATION_KEYS.filter(({ path }) => !path.at(-1)?.startsWith('<'));
    const missing = named.filter(({ path, description }) => {
      return !new RegExp(`^ *(# *|- )?${path.at(-1)}:`, 'm').test(text) || !text.includes(description);
    });
    expect(missing).toEqual([]);
  });

  it('is in the table by name', () => {
    const leaves = CONFIGURATION_KEYS.map(({ path }) => path.join('.'));
    expect(leaves).toEqual(
      expect.arrayContaining([
        'thingworx.url',
        'thingworx.appKeyFile',
        'thingworx.clientCertificateFile',
        'thingworx.gateway.type',
        'thingworx.maxRequestsInFlight',
        'iothubs.<name>.connectionStringFile',
        'iothubs.<name>.sasTokenFile',
        'iothubs.<name>.credential',
        'things.<n>.identifier',
        'services.connectTimeoutInSeconds',
        'guards.allowedMethods',
        'watch.intervalSeconds',
        'wrappers',
        'stateDir',
        'shutdown.timeoutSeconds',
      ]),
    );
    expect(
      CONFIGURATION_KEYS.filter(({ description }) => description === '').map(({ path }) => path.join('.')),
    ).toEqual(['things.<n>']);
  });
});

describe('the address of ThingWorx', () => {
  it.each([
    ['wss://h', 'wss://h/Thingworx/WS'],
    ['wss://h/', 'wss://h/Thingworx/WS'],
    ['https://h:8443/Thingworx', 'wss://h:8443/Thingworx/WS'],
    ['https://h/Thingworx/', 'wss://h/Thingworx/WS'],
    ['wss://h:443/Thingworx/WS', 'wss://h/Thingworx/WS'],
  ])('%s becomes %s', async (url, wanted) => {
    const config = await configOf(MINIMAL.replace('wss://twx.example.com', url));
    expect(config.thingworx.address.webSocketUrl).toBe(wanted);
  });

  it.each(['ws://h', 'http://h:8080/Thingworx'])('%s needs allowInsecure', async (url) => {
    const text = MINIMAL.replace('wss://twx.example.com', url);
    expect((await problemsOf(text))[0]).toContain('FILE:3:8: thingworx.url: sends the application key in clear text');
    const config = await configOf(text.replace('  appKey', '  allowInsecure: true\n  appKey'));
    expect(config.thingworx.address.isSecure).toBe(false);
  });

  it.each(['ftp://h', 'h:8080', 'wss://h/Other', 'wss://user:pass@h', 'wss://h/Thingworx/WS?appKey=x', 'nonsense'])(
    '%s is refused',
    async (url) => {
      expect((await problemsOf(MINIMAL.replace('wss://twx.example.com', url)))[0]).toMatch(
        /^FILE:3:8: thingworx\.url: must/,
      );
    },
  );
});

describe('errors', () => {
  it('are reported all at once, with file, line, column and hint', async () => {
    const text = `
thingworx:
  url: ftp://x
  compresion: true
  maxFrameBytes: large
iothubs:
  main: { connectionString: HostName=x, tier: S9 }
  other: { hostName: a.example.net }
things:
  - { name: A, iothub: mian }
  - { name: A, iothub: main }
log: { level: loud }
shutdown: { timeoutSeconds: 60 }
`;
    expect(await problemsOf(text)).toEqual([
      'FILE:2:1: thingworx.appKey: is required (or thingworx.appKeyFile, or the variable TWX_IOTHUB__THINGWORX__APPKEY)',
      expect.stringMatching(/^FILE:3:8: thingworx\.url: must be a URL .* \(for example wss:/),
      'FILE:4:3: thingworx.compresion: unknown key (did you mean "compression"?)',
      'FILE:5:18: thingworx.maxFrameBytes: must be a number, but is text',
      expect.stringMatching(/^FILE:7:29: iothubs\.main\.connectionString: lacks SharedAccessKeyName, SharedAccessKey;/),
      'FILE:7:47: iothubs.main.tier: must be one of F1, S1, S2, S3, unlimited',
      'FILE:8:3: iothubs.other.credential: is required with hostName (default or managedIdentity)',
      'FILE:10:24: things[0].iothub: is not a hub of this configuration (did you mean "main"?)',
      'FILE:11:13: things[1].name: another Thing has the same name',
      'FILE:12:15: log.level: must be one of trace, debug, info, warn, error, fatal',
      'FILE:13:29: shutdown.timeoutSeconds: must be at most 9',
    ]);
  });

  it.each<[string, string, string]>([
    [
      'no hub',
      'thingworx: { url: wss://h, appKey: k }',
      'FILE:1:1: iothubs: is required (configure at least one IoT Hub)',
    ],
    [
      'a hub without credentials',
      MINIMAL.replace(`connectionString: ${CONNECTION}`, 'tier: S1'),
      'FILE:7:5: iothubs.main: has no credentials',
    ],
    [
      'two kinds of credentials',
      `${MINIMAL}    sasToken: SharedAccessSignature sr=h&sig=s&se=1\n`,
      'iothubs.main: has a connection string and a SAS token (only one of them can be used)',
    ],
    ['a credential alone', MINIMAL.replace(/connectionString: .*/, 'credential: default'), 'hostName: is required'],
    [
      'the string of a device',
      MINIMAL.replace('SharedAccessKeyName=p', 'DeviceId=d'),
      'is the connection string of a device',
    ],
    ['a bad SAS token', MINIMAL.replace(/connectionString: .*/, 'sasToken: abc'), 'must begin with'],
    ['a bad address', `${MINIMAL}    address: nowhere\n`, 'iothubs.main.address: must be host:port'],
    ['several hubs without things', `${MINIMAL}  two: { connectionString: "${CONNECTION}" }\n`, 'things: is required'],
    [
      'a Thing without hub among several',
      `${MINIMAL}  two: { connectionString: "${CONNECTION}" }\nthings: [{ name: A }]\n`,
      'things[0].iothub: is required (there are several hubs: main, two)',
    ],
    [
      'a certificate without key',
      MINIMAL.replace('  appKey', '  clientCertificateFile: /dev/null\n  appKey'),
      'thingworx.clientKeyFile: is required with clientCertificateFile',
    ],
    ['a missing CA file', `${MINIMAL}    caFile: none.pem\n`, 'iothubs.main.caFile: the file does not exist: '],
    ['a missing wrapper file', `${MINIMAL}wrappers: [none.yaml]\n`, 'wrappers[0]: the file does not exist: '],
    [
      'a service that is none',
      `${MINIMAL}services: { deny: [CancelJobs] }\n`,
      'services.deny[0]: is not a service (did you mean "CancelJob"?)',
    ],
    [
      'a switch for device keys that is not a boolean',
      `${MINIMAL}services: { showDeviceKeys: all }\n`,
      'services.showDeviceKeys: ',
    ],
    [
      'a queue without persistent state',
      `${MINIMAL}services: { queueJobs: true }\n`,
      'FILE:8:24: services.queueJobs: requires persistent state for the queue (set stateDir or database)',
    ],
    [
      'a key of the console that is too short',
      `${MINIMAL}console: { key: abc }\n`,
      'FILE:8:17: console.key: must have at least 16 characters',
    ],
    [
      'a public URL with a path',
      `${MINIMAL}console: { publicUrl: 'https://h.example/console' }\n`,
      'console.publicUrl: must have no path, query or user; serve the console at the root',
    ],
    [
      'a public URL of another scheme',
      `${MINIMAL}console: { publicUrl: 'ftp://h' }\n`,
      'console.publicUrl: must be a URL that begins with https:// or http://',
    ],
    [
      'a service of the console that is none',
      `${MINIMAL}console: { allow: [PauseRollouts] }\n`,
      'console.allow[0]: is not a service (did you mean "PauseRollout"?)',
    ],
    ['a list at the top', '- a', 'FILE:1:1: must be a map of keys'],
    ['broken YAML', 'thingworx: {', 'FILE:1:'],
  ])('%s', async (_what, text, problem) => {
    expect((await problemsOf(text)).join('\n')).toContain(problem);
  });

  it('never repeat a secret', async () => {
    const problems = await problemsOf(MINIMAL.replace(CONNECTION, 'HostName=h;SharedAccessKey=top-secret-key'));
    expect(problems.join('\n')).not.toContain('top-secret-key');
  });

  it('name a missing file', async () => {
    const result = await loadConfiguration({ files: [join(folder, 'none.yaml')] });
    expect(result).toMatchObject({ ok: false, problems: [{ message: 'cannot be read: there is no such file' }] });
  });
});

describe('several files and the environment', () => {
  it('lets later files override earlier ones, map by map', async () => {
    const files = [
      await file(MINIMAL),
      await file('log: { level: debug }\nadmin: { port: 0 }\niothubs: { main: { tier: S3 } }\n'),
    ];
    const result = await loadConfiguration({ files });
    expect(result).toMatchObject({
      ok: true,
      config: { log: { level: 'debug' }, admin: { port: 0, host: '127.0.0.1' }, iothubs: [{ tier: 'S3' }] },
    });
  });

  it('replaces lists, and treats a key without a value as absent', async () => {
    const first = await file(`${MINIMAL}services: { deny: [GetJob, FindJobs] }\nlog: { level: debug }\n`);
    const second = await file('services: { deny: [CancelJob] }\nlog:\n  level:\nguards:\n');
    const result = await loadConfiguration({ files: [first, second] });
    expect(result).toMatchObject({ ok: true, config: { services: { deny: ['CancelJob'] }, log: { level: 'debug' } } });
  });

  it('reports an error with the file that contains it', async () => {
    const second = await file('log: { level: loud }\n');
    const result = await loadConfiguration({ files: [await file(MINIMAL), second] });
    expect(result).toMatchObject({ ok: false, problems: [{ origin: { source: second, line: 1, column: 15 } }] });
  });

  it.each([
    ['TWX_IOTHUB__LOG__LEVEL', 'debug', { log: { level: 'debug' } }],
    ['twx_iothub__log__level', 'debug', { log: { level: 'debug' } }],
    ['TWX_IOTHUB__ADMIN__PORT', '0', { admin: { port: 0 } }],
    ['TWX_IOTHUB__THINGWORX__MAX_FRAME_BYTES', '4096', { thingworx: { maxFrameBytes: 4096 } }],
    ['TWX_IOTHUB__SERVICES__SHORT_NAMES', 'FALSE', { services: { shortNames: false } }],
    ['TWX_IOTHUB__GUARDS__ALLOWEDMETHODS', 'reboot, get*', { guards: { allowedMethods: ['reboot', 'get*'] } }],
    ['TWX_IOTHUB__SERVICES__DENY', '["GetJob","FindJobs"]', { services: { deny: ['GetJob', 'FindJobs'] } }],
    ['TWX_IOTHUB__IOTHUBS__MAIN__TIER', 'S2', { iothubs: [{ name: 'main', tier: 'S2' }] }],
    ['TWX_IOTHUB__THINGS__0__NAME', 'Other', { things: [{ name: 'Other', iothub: 'main' }] }],
    ['TWX_IOTHUB__THINGS', '[{"name":"X"}]', { things: [{ name: 'X' }] }],
    ['TWX_IOTHUB__LOG__LEVEL', '', { log: { level: 'info' } }],
    ['TWX_IOTHUB_DEBUG', '1', { log: { level: 'info' } }],
  ])('%s=%s', async (variable, text, wanted) => {
    expect(await configOf(MINIMAL, { [variable]: text })).toMatchObject(wanted);
  });

  it('takes a secret from the environment', async () => {
    const config = await configOf(MINIMAL.replace('  appKey: key-in-file\n', ''), {
      TWX_IOTHUB__THINGWORX__APPKEY: 'key-in-environment',
    });
    expect(config.thingworx.appKey).toBe('key-in-environment');
  });

  it('names the variable in errors, and a similar valid one', async () => {
    const problems = await problemsOf(MINIMAL, { TWX_IOTHUB__LOG__LEVEL: 'loud', TWX_IOTHUB__THINGWORX__APKEY: 'x' });
    expect(problems).toEqual([
      'TWX_IOTHUB__THINGWORX__APKEY: is not a configuration key (did you mean TWX_IOTHUB__THINGWORX__APPKEY?)',
      'TWX_IOTHUB__LOG__LEVEL: log.level: must be one of trace, debug, info, warn, error, fatal',
    ]);
  });

  it('lets flags override the environment', async () => {
    const config = await configOf(MINIMAL, { TWX_IOTHUB__LOG__LEVEL: 'warn' }, ['log.level=error', 'things[0].name=T']);
    expect(config).toMatchObject({ log: { level: 'error' }, things: [{ name: 'T' }] });
    expect(await problemsOf(MINIMAL, {}, ['log.levl=x', 'nonsense'])).toEqual([
      '--set log.levl: unknown key',
      '--set nonsense: must be key=value',
    ]);
  });

  it('does not let a key of a file reach a prototype', async () => {
    const problems = await problemsOf(`${MINIMAL}__proto__: { polluted: true }\n`);
    expect(problems.join('\n')).toContain('__proto__: unknown key');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('secret files', () => {
  const withFile = (name: string): string => MINIMAL.replace('appKey: key-in-file', `appKeyFile: ${name}`);

  it('are read and trimmed; paths are relative to the file that contains them', async () => {
    const secret = await file('  the-key \n', 0o640);
    const config = await configOf(withFile(secret.slice(folder.length + 1)));
    expect(config.thingworx).toMatchObject({ appKey: 'the-key' });
    expect(config.thingworx).not.toHaveProperty('appKeyFile');
  });

  it('are refused if others can read them, with the command to run', async () => {
    const secret = await file('the-key', 0o644);
    expect(await problemsOf(withFile(secret))).toEqual([
      `FILE:4:15: thingworx.appKeyFile: others can read ${secret} (run \`chmod 600 ${secret}\`)`,
    ]);
  });

  it('are refused together with the secret itself, wherever each is set', async () => {
    const secret = await file('the-key');
    expect((await problemsOf(withFile(secret), { TWX_IOTHUB__THINGWORX__APPKEY: 'x' }))[0]).toContain(
      'both appKey and appKeyFile are set (remove one of them; the other is at TWX_IOTHUB__THINGWORX__APPKEY)',
    );
  });

  it('hold the key of the console, which must be long enough', async () => {
    const [short, long] = [await file('too-short'), await file('key-of-the-console\n')];
    const withKey = (path: string) => `${MINIMAL}console: { keyFile: ${path} }\n`;
    expect((await problemsOf(withKey(short)))[0]).toContain('the content of the file has fewer than 16 characters');
    expect((await configOf(withKey(long))).console.key).toBe('key-of-the-console');
  });

  it.each([
    ['', 'the file is empty'],
    [' \n', 'the file is empty'],
  ])('are refused when empty: %j', async (content, problem) => {
    expect((await problemsOf(withFile(await file(content))))[0]).toContain(problem);
  });

  it('of a hub are checked for their form, without revealing their content', async () => {
    const secret = await file('HostName=h;SharedAccessKey=top-secret-key');
    const text = MINIMAL.replace(/connectionString: .*/, `connectionStringFile: ${secret}`);
    const problems = await problemsOf(text);
    expect(problems[0]).toContain('the content of the file lacks SharedAccessKeyName');
    expect(problems.join()).not.toContain('top-secret-key');
  });

  it('provide connection string and SAS token', async () => {
    const token = 'SharedAccessSignature sr=h.example.net&sig=abc%3D&se=99999999999&skn=p';
    const text = MINIMAL.replace(/connectionString: .*/, `sasTokenFile: ${await file(`${token}\n`)}`);
    expect((await configOf(text)).iothubs[0]?.credentials).toEqual({ sasToken: token });
  });
});

describe('explain', () => {
  async function explain(key: string, environment: Record<string, string> = {}) {
    const path = await file(`${MINIMAL}log:\n  level: warn\n`);
    const { layered } = await readConfiguration({ files: [path], environment });
    return explainKey(key, layered)?.map((explanation) => ({
      ...explanation,
      origin: explanation.origin && { ...explanation.origin, source: explanation.origin.source.replace(path, 'FILE') },
      overruled: explanation.overruled.length,
    }));
  }

  it('names file, variable or default', async () => {
    expect(await explain('log.level')).toMatchObject([
      { value: 'warn', source: 'file', origin: { source: 'FILE', line: 9, column: 10 }, overruled: 0 },
    ]);
    expect(await explain('log.level', { TWX_IOTHUB__LOG__LEVEL: 'debug' })).toMatchObject([
      { value: 'debug', source: 'environment', origin: { source: 'TWX_IOTHUB__LOG__LEVEL' }, overruled: 1 },
    ]);
    expect(await explain('admin.port')).toMatchObject([{ value: 9009, source: 'default' }]);
    expect(await explain('stateDir')).toMatchObject([{ value: undefined, source: 'none' }]);
  });

  it('explains groups key by key and masks secrets', async () => {
    const explanations = await explain('iothubs');
    expect(explanations?.map(({ key }) => key)).toContain('iothubs.main.tier');
    expect(explanations?.[0]).toMatchObject({ key: 'iothubs.main.connectionString', value: '********' });
  });

  it('refuses other keys', async () => {
    expect(await explain('log.levl')).toBeUndefined();
    expect(await explain('iothubs.main.colour')).toBeUndefined();
  });
});

describe('secrets', () => {
  it('are masked in what is printed', () => {
    const masked = maskSecrets({
      thingworx: { appKey: 'abc', proxy: 'http://user:pass@proxy:3128' },
      iothubs: { main: { connectionString: CONNECTION, sasToken: 'x', tier: 'S1' } },
    });
    expect(masked).toEqual({
      thingworx: { appKey: '********', proxy: 'http://********@proxy:3128' },
      iothubs: { main: { connectionString: '********', sasToken: '********', tier: 'S1' } },
    });
  });

  it('are masked in the log', async () => {
    const config = await agentConfigFrom({
      thingworx: { url: 'wss://h', appKey: 'the-app-key', proxy: 'http://u:proxy%2Dpass@p:1' },
      iothubs: { main: { connectionString: CONNECTION } },
      console: { key: 'key-of-the-console' },
    });
    expect(secretsOf(config)).toEqual([
      'key-of-the-console',
      'the-app-key',
      'c2VjcmV0LWtleQ==',
      'proxy%2Dpass',
      'proxy-pass',
    ]);
  });

  it('are masked in the log however a connection string was pasted', async () => {
    const pasted = `"${CONNECTION.replace('SharedAccessKey=', 'sharedaccesskey = ')}"`;
    const config = await agentConfigFrom({
      thingworx: { url: 'wss://h', appKey: 'the-app-key' },
      iothubs: { main: { connectionString: pasted } },
    });
    expect(secretsOf(config)).toContain('c2VjcmV0LWtleQ==');
  });
});

describe('agentConfigFrom', () => {
  it('refuses values that the schema refuses', async () => {
    await expect(agentConfigFrom({ thingworx: { url: 'wss://h' } })).rejects.toMatchObject({
      code: 'ConfigurationInvalid',
      message: expect.stringContaining('thingworx.appKey: is required'),
    });
  });

  it('refuses a bigint that a number cannot represent', async () => {
    const maxDevicesPerJob = 9007199254740993n as unknown as number;
    await expect(
      agentConfigFrom({ thingworx: { url: 'wss://h', appKey: 'k' }, guards: { maxDevicesPerJob } }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('guards.maxDevicesPerJob: is a whole number that cannot be represented exactly'),
    });
  });
});
