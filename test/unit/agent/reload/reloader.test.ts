import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentConfig } from '../../../../src/agent/config/agent-config.js';
import { loadUsable } from '../../../../src/agent/config/load.js';
import type { ConfigComparison } from '../../../../src/agent/reload/compare-configs.js';
import { Reloader } from '../../../../src/agent/reload/reloader.js';
import { ConfigFiles, MINIMAL } from '../../../support/agent/config-files.js';
import { eventually } from '../../../support/eventually.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { recordingLog } from '../../../support/recording-log.js';

const files = new ConfigFiles();
beforeAll(() => files.open());
afterAll(files.close);

let reloader: Reloader | undefined;
afterEach(() => reloader?.stop());

/** Starts a reloader of an agent that only records its changes, with the configuration in a file. */
async function rig(text: string) {
  const file = await files.write(text);
  const sources = { files: [file], fileRights: { userId: undefined, isOnReadOnlyMount: () => Promise.resolve(false) } };
  const loaded = await loadUsable(sources);
  const changes: ConfigComparison[] = [];
  const agent = {
    config: loaded.config as AgentConfig,
    reconfigure: (comparison: ConfigComparison) => {
      changes.push(comparison);
      agent.config = comparison.merged;
      return Promise.resolve();
    },
  };
  const [clock, log] = [new ManualClock(), recordingLog()];
  const made = new Reloader({ agent, sources, loaded, clock, log });
  reloader = made;
  await made.start();
  return { file, agent, changes, clock, log, reloader: made };
}

describe('a reload', () => {
  it('applies live keys, and logs them and those that need a restart, without values', async () => {
    const { file, agent, changes, log, reloader } = await rig(MINIMAL);
    await writeFile(
      file,
      `${MINIMAL.replace('key-in-file', 'the-new-key')}\nguards: {maxDevicesPerJob: 3}\nadmin: {port: 7}`,
    );
    await reloader.reload();
    expect(changes).toHaveLength(1);
    expect(agent.config).toMatchObject({ guards: { maxDevicesPerJob: 3 }, admin: { port: 9009 } });
    expect(log.lines).toEqual([
      {
        level: 'info',
        fields: { changed: ['guards.maxDevicesPerJob', 'thingworx.appKey'] },
        message: 'the configuration was reloaded',
      },
      { level: 'warn', fields: { keys: ['admin.port'] }, message: expect.stringContaining('restart') },
    ]);
    expect(JSON.stringify(log.lines)).not.toContain('the-new-key');
  });

  it('changes nothing if the configuration is invalid, and logs each problem', async () => {
    const { file, changes, log, reloader } = await rig(MINIMAL);
    await writeFile(file, `${MINIMAL}\nguards: {maxDevicesPerJob: none}\nlog: {level: loud}`);
    await reloader.reload();
    expect(changes).toEqual([]);
    expect(log.lines).toEqual([
      {
        level: 'error',
        fields: {
          problems: [expect.stringContaining('guards.maxDevicesPerJob'), expect.stringContaining('log.level')],
        },
        message: 'the configuration is invalid, so nothing was changed',
      },
    ]);
  });

  it('reloads a wrapper description whose content has changed', async () => {
    const description = join(files.folder, 'wrapper.yaml');
    const service = (name: string): string =>
      `bundle: { name: pack, version: 1.0.0 }\nservices:\n  - { name: ${name}, kind: deviceMethod, methodName: m }\n`;
    await writeFile(description, service('First'));
    const { changes, reloader } = await rig(`${MINIMAL}\nwrappers: [${description}]`);
    await reloader.reload();
    expect(changes).toEqual([]);
    await writeFile(description, service('Second'));
    await reloader.reload();
    expect(changes.map(({ live }) => live)).toEqual([['wrappers']]);
  });

  it('logs an error if the agent cannot apply the changes', async () => {
    const { file, agent, log, reloader } = await rig(MINIMAL);
    agent.reconfigure = () => Promise.reject(new Error('disk full'));
    await writeFile(file, `${MINIMAL}\nlog: {level: debug}`);
    await reloader.reload();
    expect(log.lines.map(({ message }) => message)).toEqual(['could not apply the configuration: disk full']);
  });
});

describe('a secret file', () => {
  /** The layout of a Kubernetes volume: the file is a link into a folder that is itself a link. */
  async function volume(): Promise<{ readonly file: string; readonly swap: (key: string) => Promise<void> }> {
    const folder = join(files.folder, 'volume');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    let version = 0;
    const swap = async (key: string): Promise<void> => {
      version += 1;
      await mkdir(join(folder, `v${version}`));
      await writeFile(join(folder, `v${version}`, 'app-key'), key);
      await symlink(`v${version}`, join(folder, 'next'));
      await rename(join(folder, 'next'), join(folder, 'data'));
    };
    await swap('the-first-key');
    await symlink('data/app-key', join(folder, 'app-key'));
    return { file: join(folder, 'app-key'), swap };
  }

  it('is read again within a minute after its link has changed, without the rest of the configuration', async () => {
    const { file: keyFile, swap } = await volume();
    const text = MINIMAL.replace('appKey: key-in-file', `appKeyFile: ${keyFile}`);
    const { file, agent, changes, clock } = await rig(text);
    await writeFile(file, `${text}\nlog: {level: debug}`);
    await swap('the-second-key');
    expect(changes).toEqual([]);
    clock.advance(60_000);
    await eventually(() => Promise.resolve(changes.length > 0));
    expect(changes.map(({ live }) => live)).toEqual([['thingworx.appKey']]);
    expect(agent.config).toMatchObject({ thingworx: { appKey: 'the-second-key' }, log: { level: 'info' } });
  });

  it('that is empty changes nothing and is reported once', async () => {
    const { file: keyFile, swap } = await volume();
    const { changes, clock, log } = await rig(MINIMAL.replace('appKey: key-in-file', `appKeyFile: ${keyFile}`));
    await swap('');
    for (let looks = 0; looks < 3; looks += 1) {
      await eventually(() => Promise.resolve(clock.armed === 1));
      clock.advance(30_000);
    }
    await eventually(() => Promise.resolve(clock.armed === 1));
    expect(changes).toEqual([]);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ fields: { problems: [expect.stringContaining('the file is empty')] } }),
    ]);
  });
});
