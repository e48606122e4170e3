import { execFileSync } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FileRights, isReadOnlyIn, PROCESS_FILE_RIGHTS } from '../../../../src/agent/config/file-rights.js';
import { loadAgentConfig, loadConfiguration } from '../../../../src/agent/config/load.js';
import { readPrivateFile } from '../../../../src/agent/config/secret-file.js';
import { formatProblem } from '../../../../src/documents/problem.js';
import { command } from '../../../support/agent/command.js';
import { ConfigFiles, CONNECTION, MINIMAL } from '../../../support/agent/config-files.js';

const files = new ConfigFiles();
beforeAll(() => files.open());
afterAll(files.close);

const USER = PROCESS_FILE_RIGHTS.userId ?? 0;
const rights = (userId: number | undefined, isReadOnly: boolean): FileRights => ({
  userId,
  isOnReadOnlyMount: () => Promise.resolve(isReadOnly),
});

const withFile = (name: string): string => MINIMAL.replace('appKey: key-in-file', `appKeyFile: ${name}`);

async function load(text: string, fileRights?: FileRights) {
  const result = await loadConfiguration({ files: [await files.write(text)], ...(fileRights ? { fileRights } : {}) });
  const format = (problems: Parameters<typeof formatProblem>[0][]): string[] =>
    problems.map((problem) => files.withoutNames(formatProblem(problem)));
  return { problems: result.ok ? [] : format([...result.problems]), warnings: format([...result.warnings]) };
}

describe('a secret file that others can read', () => {
  const WARNING =
    'FILE:4:15: thingworx.appKeyFile: others can read FILE (set `defaultMode: 0400` for the volume in Kubernetes, ' +
    'or `mode: 0400` for the secret in Docker Compose and Swarm)';
  const REFUSAL = 'FILE:4:15: thingworx.appKeyFile: others can read FILE (run `chmod 600 FILE`)';

  it.each<[string, number, number | undefined, boolean, 'refused' | 'warned' | 'accepted']>([
    ['of this user, on a mount that can be written', 0o644, USER, false, 'refused'],
    ['of this user, for reading only', 0o444, USER, false, 'refused'],
    ['of this user, on a read-only mount', 0o444, USER, true, 'warned'],
    ['of another user', 0o444, USER + 1, false, 'warned'],
    ['of another user, on a read-only mount', 0o644, USER + 1, true, 'warned'],
    ['of this user, that only the group may read', 0o440, USER, false, 'accepted'],
    ['of another user, that only the group may read', 0o440, USER + 1, true, 'accepted'],
    ['on a system without users', 0o644, undefined, false, 'accepted'],
  ])('%s', async (_what, mode, userId, isReadOnly, verdict) => {
    const secret = await files.write('the-key', mode);
    const { problems, warnings } = await load(withFile(secret), rights(userId, isReadOnly));
    expect(problems).toEqual(verdict === 'refused' ? [REFUSAL] : []);
    expect(warnings).toEqual(verdict === 'warned' ? [WARNING] : []);
  });

  it.each(['connectionStringFile', 'sasTokenFile', 'clientKeyFile'])('is treated the same way as %s', async (key) => {
    const secret = await files.write(
      key === 'sasTokenFile' ? 'SharedAccessSignature sr=h&sig=s&se=1' : CONNECTION,
      0o444,
    );
    const text =
      key === 'clientKeyFile'
        ? MINIMAL.replace('  appKey', `  clientCertificateFile: ${secret}\n  clientKeyFile: ${secret}\n  appKey`)
        : MINIMAL.replace(/connectionString: .*/, `${key}: ${secret}`);
    expect((await load(text, rights(USER, false))).problems).toEqual([expect.stringContaining('chmod 600')]);
    const warned = await load(text, rights(USER, true));
    expect(warned).toEqual({ problems: [], warnings: [expect.stringContaining('`defaultMode: 0400`')] });
  });

  it('passes the warning to the caller', async () => {
    const secret = await files.write('the-key', 0o444);
    const warnings: string[] = [];
    const sources = { files: [await files.write(withFile(secret))], fileRights: rights(USER, true) };
    expect((await loadAgentConfig(sources, (warning) => warnings.push(warning.message))).thingworx.appKey).toBe(
      'the-key',
    );
    expect(warnings).toEqual([`others can read ${secret}`]);
    const key = await readPrivateFile(secret, (sentence) => warnings.push(sentence), rights(USER, true));
    expect(key).toBe('the-key');
    expect(warnings[1]).toContain('`mode: 0400`');
    await expect(readPrivateFile(secret, undefined, rights(USER, false))).rejects.toThrow('chmod 600');
  });

  it('is a warning of config validate for a file of another user, in text and JSON', async () => {
    if (USER !== 0) return;
    const secret = await files.write('the-key', 0o444);
    await chown(secret, 12_345, 12_345);
    const config = await files.write(withFile(secret));
    const text = await command(['config', 'validate', '--config', config]);
    expect(text.status).toBe(0);
    expect(text.stderr).toMatch(/^warning: .*`defaultMode: 0400`.*\nThe configuration is valid\.\n$/);
    const json = await command(['config', 'validate', '--config', config, '--output', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: true, warnings: [{ path: 'thingworx.appKeyFile' }] });
  });
});

describe('isReadOnlyIn', () => {
  const MOUNTS = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '30 22 0:25 / /run/secrets ro,relatime - tmpfs tmpfs rw',
    '31 22 0:26 / /etc/key ro,noatime - ext4 /dev/sda1 rw',
    '32 22 0:27 / /data rw - squashfs /dev/loop0 ro,errors=continue',
    '33 30 0:28 / /run/secrets/writable rw - tmpfs tmpfs rw',
    String.raw`34 22 0:29 / /with\040blank ro - tmpfs tmpfs rw`,
    '35 22 0:30 / /twice ro - tmpfs tmpfs rw',
    '36 22 0:31 / /twice rw - tmpfs tmpfs rw',
    '',
  ].join('\n');

  it.each([
    ['/home/a', false],
    ['/run/secrets/app-key', true],
    ['/run/secrets', true],
    ['/run/secrets-of-mine/a', false],
    ['/etc/key', true],
    ['/data/a', true],
    ['/run/secrets/writable/a', false],
    ['/with blank/a', true],
    ['/twice/a', false],
  ])('%s: %s', (path, isReadOnly) => {
    expect(isReadOnlyIn(MOUNTS, path)).toBe(isReadOnly);
  });

  it('treats every mount as writable where the system does not list mounts', () => {
    expect(isReadOnlyIn('', '/a')).toBe(false);
  });
});

describe('anything but a readable text file', () => {
  const NAMES = ['appKeyFile', 'caFile', 'clientKeyFile'] as const;

  it.each(NAMES)('is refused at once as %s: pipe, directory, device', async (name) => {
    const pipe = join(files.folder, `pipe-${name}`);
    execFileSync('mkfifo', ['-m', '600', pipe]);
    const named = (file: string): string =>
      name === 'appKeyFile'
        ? withFile(file)
        : MINIMAL.replace('  appKey', `  ${name}: ${file}\n  clientCertificateFile: ${file}\n  appKey`);
    for (const [file, kind] of [
      [pipe, 'a named pipe'],
      [files.folder, 'a directory'],
      ['/dev/zero', 'a device'],
    ] as const) {
      expect((await load(named(file))).problems).toContainEqual(
        expect.stringContaining(`thingworx.${name}: ${file} is ${kind}, not a regular file`),
      );
    }
  });

  it('is refused as a configuration and as a wrapper description', async () => {
    const pipe = join(files.folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const result = await command(['config', 'validate', '--config', pipe]);
    expect(result.status).toBe(78);
    expect(result.stderr).toContain('it is a named pipe, not a regular file');
    expect((await load(`${MINIMAL}wrappers: [${pipe}]\n`)).problems).toEqual([expect.stringContaining('a named pipe')]);
  });

  it.each<[string, Buffer, string]>([
    ['UTF-16', Buffer.from('\uFEFFthe-s3cret', 'utf16le'), 'is UTF-16 LE text, not UTF-8 (save the file as UTF-8)'],
    ['UTF-16 without a mark', Buffer.from('the-s3cret', 'utf16le').swap16(), 'is UTF-16 BE text'],
    ['Latin-1', Buffer.from('the-s3cret-ü', 'latin1'), 'is not UTF-8 text'],
  ])('is refused as a secret in %s', async (_what, bytes, reason) => {
    const secret = await files.write(bytes);
    const { problems } = await load(withFile(secret));
    expect(problems).toEqual([expect.stringContaining(`thingworx.appKeyFile: FILE ${reason}`)]);
    expect(problems[0]).not.toContain('s3cret');
  });

  it('is refused as a certificate in UTF-16', async () => {
    const pem = await files.write(Buffer.from('\uFEFF-----BEGIN CERTIFICATE-----', 'utf16le'));
    expect((await load(`${MINIMAL}    caFile: ${pem}\n`)).problems).toEqual([
      expect.stringContaining('UTF-16 LE text'),
    ]);
  });

  it('may begin with a byte order mark', async () => {
    const secret = await files.write('\uFEFFthe-key\r\n');
    const config = await loadAgentConfig({ files: [await files.write(withFile(secret))] });
    expect(config.thingworx.appKey).toBe('the-key');
  });

  it('is refused as an application key of two lines', async () => {
    expect((await load(withFile(await files.write('the-key\nanother')))).problems).toEqual([
      expect.stringContaining('the content of the file has more than one line'),
    ]);
  });
});

describe('a secret in a flag', () => {
  it.each<[string, string]>([
    ['thingworx.appKey=s3cret', 'set thingworx.appKeyFile to a file of mode 0600 that contains it'],
    [`iothubs.main.connectionString=${CONNECTION}`, 'set iothubs.main.connectionStringFile to a file'],
    [`iothubs={"main":{"connectionString":"${CONNECTION}"}}`, 'set iothubs.main.connectionStringFile to a file'],
    ['thingworx.proxy=http://user:s3cret@proxy:1', 'set thingworx.proxy in a configuration file of mode 0600'],
    ['iothubs.main.proxy=http://user:s3cret@proxy:1', 'TWX_IOTHUB__IOTHUBS__MAIN__PROXY'],
  ])('--set %s works, with a warning that does not repeat it', async (setting, hint) => {
    const config = await files.write(MINIMAL);
    for (const args of [['validate'], ['print'], ['explain', 'thingworx.appKey']]) {
      const result = await command(['config', ...args, '--config', config, '--set', setting]);
      expect(result.status).toBe(0);
      expect(result.stderr).toMatch(/^warning: --set \S+: every user can see this secret in the process list/);
      expect(result.stderr).toContain(hint);
      expect(result.stdout + result.stderr).not.toMatch(/s3cret|c2V/);
    }
  });

  it.each(['log.level=debug', 'thingworx.proxy=http://proxy:3128', 'thingworx.appKeyFile=/none'])(
    '--set %s is none',
    async (setting) => {
      const { stderr } = await command([
        'config',
        'validate',
        '--config',
        await files.write(MINIMAL),
        '--set',
        setting,
      ]);
      expect(stderr).not.toContain('warning');
    },
  );

  it('is not repeated if the flag is malformed', async () => {
    const config = await files.write(MINIMAL);
    for (const setting of ['thingworx.appKey:s3cret', 'thingworx.appKey s3cret', 'thingworx.appKey:s3cret=']) {
      const { status, stderr } = await command(['config', 'validate', '--config', config, '--set', setting]);
      expect(status).toBe(78);
      expect(stderr).toContain('--set thingworx.appKey: ');
      expect(stderr).not.toContain('s3cret');
    }
  });
});
