import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandProcess, SandboxProcess } from '../support/sandbox-process.js';

describe('a sandbox that cannot start', () => {
  let taken: Server;
  let port: string;
  beforeAll(async () => {
    taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    port = String((taken.address() as AddressInfo).port);
  });
  afterAll(() => void taken.close());

  it.each([
    ['hub', '--hub-port'],
    ['hub', '--mqtt-port'],
    ['platform', '--http-port'],
    ['all', '--admin-port'],
  ])('%s: ends with status 1 and names the port of %s', async (mode, flag) => {
    const free = ['--http-port', '0', '--hub-port', '0', '--mqtt-port', '0'];
    const command = new CommandProcess(['sandbox', mode, '--devices', '0', ...free, flag, port]);
    expect(await command.exited).toEqual({ code: 1, signal: null });
    expect(command.stderr).toContain(port);
    expect(command.stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each([['sideways'], ['hub', '--tier', 'S9'], ['hub', '--hub-port', 'x'], ['--nonsense']])(
    'ends with status 2 (%#)',
    async (...args) => {
      expect(await new CommandProcess(['sandbox', ...args]).exited).toEqual({ code: 2, signal: null });
    },
  );
});

describe('the console of a sandbox', () => {
  const DEFAULT_PORT = 9009;
  const servers: Server[] = [];
  afterAll(() => servers.forEach((server) => server.close()));

  /** Makes sure that the default port is in use, by this test or by another program. */
  async function takeDefaultPort(): Promise<void> {
    const server = createServer().listen(DEFAULT_PORT, '127.0.0.1');
    servers.push(server);
    await Promise.race([once(server, 'listening'), new Promise((resolve) => server.once('error', resolve))]);
  }

  it('is on a free port if the default one is in use, and its address and key are printed', async () => {
    await takeDefaultPort();
    const sandbox = new SandboxProcess(['all', '--devices', '0', '--light-devices', '1'], {
      hasDefaultAdminPort: true,
    });
    try {
      await sandbox.started();
      const { adminUrl = '', consoleKey = '' } = sandbox.ready.agent ?? {};
      expect(new URL(adminUrl).port).not.toBe(String(DEFAULT_PORT));
      expect(consoleKey.length).toBeGreaterThanOrEqual(16);
      expect(sandbox.command.stdout).toContain(`\nconsole  ${adminUrl}/#key=${consoleKey}\n`);
      const session = (key: string) =>
        fetch(`${adminUrl}/api/v1/session`, { headers: { authorization: `Bearer ${key}` } }).then((it) => it.json());
      expect(await session(consoleKey)).toEqual({ signedIn: true, mayAct: true, keyConfigured: true });
      expect(await session('another-key-of-it')).toMatchObject({ signedIn: false });
    } finally {
      await sandbox.stop();
    }
  });
});
