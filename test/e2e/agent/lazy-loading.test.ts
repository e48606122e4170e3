import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

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
