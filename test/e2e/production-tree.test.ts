import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandProcess } from '../support/agent/agent-process.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../support/agent/both-ends.js';
import { ProductionTree } from '../support/production-tree.js';
import { RestCaller } from '../support/thingworx-rest.js';

const OPTIONAL = Object.keys(
  (JSON.parse(readFileSync('package.json', 'utf8')) as { optionalDependencies: object }).optionalDependencies,
);

const tree = new ProductionTree();
let ends: BothEnds;
let folder: string;
let running: CommandProcess | undefined;
beforeAll(async () => {
  ends = await startBothEnds();
  folder = await mkdtemp(join(tmpdir(), 'twx-iothub-production-out-'));
});
afterEach(() => running?.kill());
afterAll(async () => {
  await ends.close();
  await rm(folder, { recursive: true, force: true });
  tree.remove();
});

/** Runs the command of the installation. */
function spawn(...args: readonly string[]): CommandProcess {
  running = new CommandProcess(args, ProductionTree.env, tree.command);
  return running;
}

async function run(...args: readonly string[]) {
  const command = spawn(...args);
  const status = await command.exited;
  return { status, stdout: command.stdout, stderr: command.stderr };
}

describe('an installation without the optional packages', () => {
  it('contains none of them', () => {
    const installed = tree.packages.map((path) => path.replace('node_modules/', ''));
    expect(installed.filter((name) => OPTIONAL.includes(name))).toEqual([]);
    expect(installed).toEqual(expect.arrayContaining(['azure-iothub', 'classic-level', 'ws']));
  });

  it('runs the agent, with state on disk, and answers a call', async () => {
    const changes = { log: { level: 'info' as const }, stateDir: join(folder, 'state') };
    const agent = spawn('run', '--config', await ends.writeConfiguration('run.json', changes));
    await agent.line('bound to ThingWorx');
    const { status } = await new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub').invoke('FindJobs');
    agent.signal('SIGTERM');
    expect({ status, exited: await agent.exited, stderr: agent.stderr }).toEqual({
      status: 200,
      exited: 0,
      stderr: expect.not.stringContaining('Cannot find'),
    });
  });

  it('serves the console with the description of its API', async () => {
    const agent = spawn('run', '--config', await ends.writeConfiguration('console.json', { log: { level: 'info' } }));
    const { adminUrl } = await agent.line('agent started');
    const statusOf = async (path: string) => (await fetch(`${String(adminUrl)}${path}`)).status;
    const statuses = [await statusOf('/'), await statusOf('/api/v1/status'), await statusOf('/api/v1/openapi.json')];
    agent.signal('SIGTERM');
    await agent.exited;
    expect(statuses).toEqual([200, 200, 200]);
  });

  it('checks both ends', async () => {
    expect(await run('check', '--config', await ends.writeConfiguration('check.json'))).toMatchObject({ status: 0 });
  });

  it.each<[string[], RegExp]>([
    [['--version'], /^\d+\.\d+\.\d+/],
    [['sandbox', '--help'], /--light-devices/],
    [['config', 'example'], /^thingworx:/m],
    [['config', 'validate', '--config', join('config', 'agent.example.yaml')], /^$/],
    [['services'], /ScheduleDeviceMethodJob/],
  ])('runs %j', async (args, output) => {
    expect(await run(...args)).toMatchObject({ status: 0, stdout: expect.stringMatching(output) });
  });

  it('builds wrappers', async () => {
    const out = join(folder, 'wrappers');
    const example = join(tree.folder, 'wrappers', 'device-maintenance.yaml');
    expect(await run('wrappers', 'build', example, '--out', out)).toMatchObject({ status: 0 });
    expect(await readdir(join(out, 'device-maintenance'))).toContain('device-maintenance.xml');
  });

  it.each([
    [['sandbox'], OPTIONAL],
    [
      ['sandbox', 'hub', '--devices', '0'],
      ['@peculiar/x509', 'aedes'],
    ],
    [['sandbox', 'platform'], ['@peculiar/x509']],
  ])('names the packages to install for %j', async (args, names) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: The sandbox needs .+; run `npm install --include=optional`\.\n$/);
    for (const name of names) expect(stderr).toContain(name);
  });
});
