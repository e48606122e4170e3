import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { CommandProcess } from '../../support/agent/agent-process.js';

/** Runs a command of the build and prints the packages that were loaded for it. */
const SCRIPT = `
const { runCommand } = require('./dist/cli/main.js');
const silent = { write: () => true };
const io = { stdin: process.stdin, stdout: silent, stderr: silent, env: {}, isTerminal: false, exit: () => {} };
runCommand(JSON.parse(process.argv[1]), io).then(() => {
  const names = Object.keys(require.cache).map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
  console.log(JSON.stringify([...new Set(names.filter(Boolean))].sort()));
});`;

async function packagesOf(...args: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', SCRIPT, JSON.stringify(args)]);
  return JSON.parse(stdout) as string[];
}

describe('packages are loaded by the commands that need them', () => {
  it.each<[string[], string[]]>([
    [['--help'], ['commander']],
    [['services'], ['commander']],
    [
      ['config', 'validate', '--config', 'config/agent.example.yaml'],
      ['commander', 'yaml', 'zod'],
    ],
  ])('%j', async (args, packages) => {
    expect(await packagesOf(...args)).toEqual(packages);
  });
});

/** Writes the packages that were loaded to stderr when the process ends. */
const PRELOAD = `
process.on('exit', () => {
  const names = Object.keys(require.cache).map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
  require('node:fs').writeSync(2, 'LOADED ' + JSON.stringify([...new Set(names.filter(Boolean))].sort()) + '\\n');
});`;

describe('packages of a running agent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'twx-packages-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are those that SECURITY.md lists', async () => {
    writeFileSync(join(folder, 'preload.cjs'), PRELOAD);
    const config = {
      thingworx: { url: 'ws://127.0.0.1:9', appKey: 'an-app-key', allowInsecure: true },
      iothubs: {
        main: {
          connectionString: 'HostName=localhost;SharedAccessKeyName=service;SharedAccessKey=YSBrZXk=',
          address: '127.0.0.1:9',
        },
      },
      admin: { port: 0 },
      stateDir: join(folder, 'state'),
    };
    writeFileSync(join(folder, 'agent.yaml'), JSON.stringify(config), { mode: 0o600 });
    const agent = new CommandProcess(['run', '--config', join(folder, 'agent.yaml')], {
      NODE_OPTIONS: `--require ${join(folder, 'preload.cjs')}`,
    });
    try {
      await agent.line('the state of the hub has changed');
      agent.signal('SIGTERM');
      await agent.exited;
    } finally {
      await agent.kill();
    }
    const loaded = JSON.parse(/LOADED (.*)/.exec(agent.stderr)?.[1] ?? '[]') as string[];
    expect(loaded).toContain('azure-iothub');
    // An agent with a state folder pays nothing for the database that others share.
    expect(loaded).not.toContain('pg');
    const [, list = ''] = /loaded by a running agent:\n\n(.*?)\n\n/s.exec(await readFile('SECURITY.md', 'utf8')) ?? [];
    const documented = [...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(loaded.filter((name) => !documented.includes(name))).toEqual([]);
  });
});
