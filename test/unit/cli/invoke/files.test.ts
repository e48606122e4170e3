import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command } from '../../../support/agent/command.js';
import { ConfigFiles } from '../../../support/agent/config-files.js';

const files = new ConfigFiles();
beforeAll(() => files.open());
afterAll(files.close);

/** Nothing listens on this port, and nothing may be sent before the files have been read. */
const INVOKE = ['invoke', 'FindJobs', '--url', 'https://127.0.0.1:1'];
const ENV = { TWX_IOTHUB__THINGWORX__APPKEY: 'the-key' };
const PARAMETERS = '{"methodName": "reboot-s3cret"}';

describe('files of invoke', () => {
  it.each<[string, Buffer, string]>([
    ['UTF-16', Buffer.from(`\uFEFF${PARAMETERS}`, 'utf16le'), 'is UTF-16 LE text, not UTF-8 (save the file as UTF-8)'],
    ['UTF-16 without a mark', Buffer.from(PARAMETERS, 'utf16le').swap16(), 'is UTF-16 BE text, not UTF-8'],
    ['Latin-1', Buffer.from(PARAMETERS.replace('s3cret', 's3crèt'), 'latin1'), 'at line 1, column 28'],
  ])('are refused as --json and --ca-file in %s', async (_what, bytes, reason) => {
    const file = await files.write(bytes);
    for (const flag of ['--json', '--ca-file']) {
      const { status, stderr } = await command([...INVOKE, flag, file], { env: ENV });
      expect(status).toBe(2);
      expect(stderr).toContain(`${flag} ${file}: `);
      expect(stderr).toContain(reason);
      expect(stderr).not.toContain('s3cr');
    }
  });

  it('may have a byte order mark', async () => {
    const file = await files.write(`\uFEFF${PARAMETERS}`);
    const { status, stderr } = await command([...INVOKE, '--json', file], { env: ENV });
    expect(stderr).not.toContain('JSON');
    expect(status).toBe(69);
  });

  it('are refused if the application key is a directory', async () => {
    const { status, stderr } = await command([...INVOKE, '--app-key-file', files.folder]);
    expect(status).toBe(78);
    expect(stderr).toContain('is a directory, not a regular file');
  });
});
