import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandProcess } from '../support/sandbox-process.js';

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
