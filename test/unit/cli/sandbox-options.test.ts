import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSandboxOptions } from '../../../src/cli/sandbox-options.js';
import { ConfigFiles } from '../../support/agent/config-files.js';

const files = new ConfigFiles();
beforeAll(() => files.open());
afterAll(files.close);

const read = async (content: string | Buffer) => readSandboxOptions({ config: await files.write(content) });

describe('the configuration file of the sandbox', () => {
  it('accepts merge keys and top-level keys that begin with x-', async () => {
    const text = 'x-slow: &slow\n  latencyMs: 500\n  failingShare: 0.1\nfleet:\n  <<: *slow\n  failingShare: 0.2\n';
    expect((await read(text)).fleet).toMatchObject({ latencyMs: 500, failingShare: 0.2 });
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['UTF-16', Buffer.from('\uFEFFdevices: 3\n', 'utf16le'), /:1:1: the file is UTF-16 LE text, not UTF-8/],
    [
      'Latin-1',
      Buffer.from('devices: 3\nfleet: {tags: {city: Zürich}}\n', 'latin1'),
      /:2:23: the file is not UTF-8 text/,
    ],
    [
      'a whole number that a double cannot represent',
      'fleet:\n  desired: {serial: 7615917337495251231}\n',
      /:2:21: fleet\.desired\.serial: is a whole number that cannot be represented exactly/,
    ],
    ['an unknown key', 'x-a: 1\ny-a: 1\n', /:2:1: y-a: unknown key/],
  ])('is refused with line and column: %s', async (_what, content, reason) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'ConfigurationInvalid',
      message: expect.stringMatching(reason),
    });
  });

  it('cannot be a pipe', async () => {
    const pipe = join(files.folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(readSandboxOptions({ config: pipe })).rejects.toThrow('it is a named pipe, not a regular file');
  });
});
