import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { writeBundle } from '../../scripts/bundle.js';
import type { ConfigurationInput } from '../../src/agent/config/schema.js';
import { CommandProcess } from '../support/agent/agent-process.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../support/agent/both-ends.js';
import { RestCaller } from '../support/thingworx-rest.js';

const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-bundle-'));
let ends: BothEnds;
let bundle: string;
let running: CommandProcess | undefined;
beforeAll(async () => {
  ends = await startBothEnds();
  bundle = await writeBundle(join(folder, 'bundle'));
}, 60_000);
afterEach(() => running?.kill());
afterAll(async () => {
  await ends.close();
  rmSync(folder, { recursive: true, force: true });
});

const SERVED = { status: 200, exited: 0, stderr: '' };

/** Runs the agent, schedules a job through it and stops it. */
async function serve(command: string, changes: Partial<ConfigurationInput>): Promise<object> {
  const file = await ends.writeConfiguration('bundle.json', { log: { level: 'info' }, ...changes });
  running = new CommandProcess(['run', '--config', file], {}, command);
  await running.line('bound to ThingWorx');
  const job = { jobId: `bundled-${Object.keys(changes).length}`, methodName: 'echo' };
  const { status } = await new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub').invoke(
    'ScheduleDeviceMethodJob',
    job,
  );
  running.signal('SIGTERM');
  return { status, exited: await running.exited, stderr: running.stderr };
}

describe('the bundle', () => {
  it('runs the agent from its one file, without any package', async () => {
    const alone = join(folder, 'alone', 'twx-iothub.cjs');
    await mkdir(join(folder, 'alone'));
    await copyFile(bundle, alone);
    expect(await serve(alone, {})).toEqual(SERVED);
  });

  it('keeps state on disk with the addon beside the file', async () => {
    const stateDir = join(folder, 'state');
    expect(await serve(bundle, { stateDir })).toEqual(SERVED);
    expect(await readdir(join(stateDir, 'agent'))).toContain('CURRENT');
  });

  it('has the page of the console beside the file', async () => {
    expect(await readdir(join(folder, 'bundle', 'page'))).toContain('index.html');
  });
});
