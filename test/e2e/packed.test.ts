import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReadyInfo } from '../../src/sandbox/ready-file.js';
import { CommandProcess } from '../support/agent/agent-process.js';
import { installPacked } from '../support/production-tree.js';
import { RestCaller } from '../support/thingworx-rest.js';
import { eventually } from '../support/eventually.js';

const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-packed-'));
let installed: Awaited<ReturnType<typeof installPacked>>;
const running: CommandProcess[] = [];
beforeAll(async () => {
  installed = await installPacked(folder);
}, 60_000);
afterAll(async () => {
  for (const command of running) await command.kill();
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: readonly string[]): CommandProcess {
  const command = new CommandProcess(args, {}, installed.command);
  running.push(command);
  return command;
}

describe('the packed product in an empty folder', () => {
  it('contains what it needs and neither sources, tests nor secrets', () => {
    const tops = [...new Set(installed.files.map((path) => path.split('/')[0] ?? ''))].sort((a, b) => (a < b ? -1 : 1));
    expect(tops).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'config',
      'deploy',
      'dist',
      'docs',
      'package.json',
      'wrappers',
    ]);
    expect(installed.files.filter((path) => /\.(?:map|tsbuildinfo|pem|key)$|^dist\/.*\.test\./.test(path))).toEqual([]);
  });

  it('prints its help', async () => {
    const help = run('--help');
    expect(await help.exited).toBe(0);
    expect(help.stdout).toContain('sandbox');
  });

  it('runs the sandbox and a job in it', async () => {
    const ready = join(folder, 'ready.json');
    const ports = ['--http-port', '0', '--hub-port', '0', '--mqtt-port', '0', '--admin-port', '0'];
    run('sandbox', ...ports, '--devices', '0', '--light-devices', '3', '--ready-file', ready);
    await eventually(() =>
      readFile(ready).then(
        () => true,
        () => false,
      ),
    );
    const { thingworx } = JSON.parse(await readFile(ready, 'utf8')) as ReadyInfo;
    const thing = new RestCaller(thingworx?.url ?? '', thingworx?.appKey ?? '', thingworx?.thing ?? '');
    const jobId = String(await thing.result('ScheduleDeviceMethodJob', { methodName: 'reboot' }));
    expect(await thing.ended(jobId)).toMatchObject({ outcome: 'succeeded', deviceCount: 3, succeededCount: 3 });
  });
});
