import { type AddressInfo, createServer, type Server } from 'node:net';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConfigurationInput } from '../../../src/agent/config/schema.js';
import { CommandProcess } from '../../support/agent/agent-process.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { RestCaller } from '../../support/thingworx-rest.js';

let ends: BothEnds;
let rest: RestCaller;
/** A server that accepts connections and sends nothing. */
let mute: Server;
beforeAll(async () => {
  ends = await startBothEnds();
  rest = new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub');
  mute = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await ends.close();
  mute.close();
});

let running: CommandProcess | undefined;
afterEach(() => running?.kill());

function spawn(args: readonly string[], env: Readonly<Record<string, string>> = {}): CommandProcess {
  running = new CommandProcess(args, env);
  return running;
}

async function startAgent(changes: Partial<ConfigurationInput> = {}) {
  const file = await ends.writeConfiguration('run.json', { log: { level: 'info' }, ...changes });
  const agent = spawn(['run', '--config', file]);
  const { adminUrl } = await agent.line('agent started');
  await agent.line('bound to ThingWorx');
  return { agent, adminUrl: String(adminUrl) };
}

const muteHub = (): Partial<ConfigurationInput> => ({
  iothubs: {
    main: {
      connectionString: ends.hub.connectionString,
      address: `127.0.0.1:${(mute.address() as AddressInfo).port}`,
    },
  },
});

const isInFlight = (adminUrl: string): Promise<boolean> =>
  eventually(async () => {
    const status = (await (await fetch(`${adminUrl}/status`)).json()) as { thingworx: { requestsInFlight: number } };
    return status.thingworx.requestsInFlight > 0;
  });

describe('twx-iothub run', () => {
  it('works with a secret in a flag, with a warning on stderr and in the log', async () => {
    const file = await ends.writeConfiguration('flag.json', { log: { level: 'info' } });
    const agent = spawn(['run', '--config', file, '--set', `thingworx.appKey=${APP_KEY}`]);
    const { warning, level } = await agent.line('the configuration works but should be changed');
    await agent.line('bound to ThingWorx');
    expect(warning).toContain('set thingworx.appKeyFile to a file of mode 0600 that contains it');
    expect(level).toBe('warn');
    expect(agent.stderr).toBe(`warning: ${warning as string}\n`);
    expect(agent.stdout + agent.stderr).not.toContain(APP_KEY);
  });

  it('takes over a new configuration on SIGHUP and keeps the old one if the new one is wrong', async () => {
    const { agent } = await startAgent();
    await ends.writeConfiguration('run.json', { log: { level: 'info' }, guards: { maxDevicesPerJob: 0 } });
    agent.signal('SIGHUP');
    await agent.line('the configuration is invalid, so nothing was changed');
    const guards = { allowedMethods: ['reboot'] };
    await ends.writeConfiguration('run.json', { log: { level: 'info' }, guards, admin: { port: 1 } });
    agent.signal('SIGHUP');
    const { changed } = await agent.line('the configuration was reloaded');
    expect(changed).toEqual(['guards.allowedMethods']);
    const { keys } = await agent.line('these keys have changed too; restart the agent to use their new values');
    expect(keys).toEqual(['admin.port']);
    expect((await rest.invoke('ScheduleDeviceMethodJob', { methodName: 'echo' })).text).toContain('allowedMethods');
  });

  it('notifies systemd through its program when it is ready and when it stops', async () => {
    const folder = join(ends.folder, 'bin');
    const sent = join(ends.folder, 'notified');
    await mkdir(folder);
    await writeFile(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$1 $2" >> '${sent}'\n`, { mode: 0o755 });
    const file = await ends.writeConfiguration('notify.json', { log: { level: 'info' } });
    const env = { NOTIFY_SOCKET: '/run/systemd/notify', PATH: `${folder}:${process.env['PATH']}` };
    const agent = spawn(['run', '--config', file], env);
    const notified = async (): Promise<string> => await readFile(sent, 'utf8').catch(() => '');
    await eventually(async () => (await notified()).includes('READY=1'));
    agent.signal('SIGTERM');
    expect(await agent.exited).toBe(0);
    expect(await eventually(async () => (await notified()).includes('STOPPING=1'))).toBe(true);
    expect(await notified()).toMatch(/^READY=1 STATUS=.*platform/);
  });

  it('logs JSON lines to stdout, and ends with 0 on SIGTERM', async () => {
    const { agent, adminUrl } = await startAgent();
    expect((await fetch(`${adminUrl}/livez`)).status).toBe(200);
    agent.signal('SIGTERM');
    expect(await agent.exited).toBe(0);
    const messages = agent.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages.at(-1)).toBe('agent stopped');
    expect(agent.stderr).toBe('');
    expect(agent.stdout).not.toContain(APP_KEY);
  });

  it('rejects calls that are still in flight at the shutdown deadline, and ends with 0', async () => {
    const { agent, adminUrl } = await startAgent({ ...muteHub(), shutdown: { timeoutSeconds: 0.5 } });
    const call = rest.invoke('GetJob', { jobId: 'x' });
    await isInFlight(adminUrl);
    const sinceMs = performance.now();
    agent.signal('SIGINT');
    expect(await agent.exited).toBe(0);
    expect(performance.now() - sinceMs).toBeLessThan(9_900);
    expect((await call).text).toContain('ServiceUnavailable');
  });

  it('lets calls in flight complete before the deadline', async () => {
    const { agent, adminUrl } = await startAgent({ ...muteHub(), services: { timeoutSeconds: 2 } });
    const call = rest.invoke('GetJob', { jobId: 'x' });
    await isInFlight(adminUrl);
    agent.signal('SIGTERM');
    await agent.line('agent is stopping');
    expect((await call).text).toContain('HubTimeout');
    expect(await agent.exited).toBe(0);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends at once on a second signal: %s is %d', async (signal, status) => {
    const { agent, adminUrl } = await startAgent(muteHub());
    const call = rest.invoke('GetJob', { jobId: 'x' });
    await isInFlight(adminUrl);
    agent.signal('SIGTERM');
    await agent.line('agent is stopping');
    agent.signal(signal);
    expect(await agent.exited).toBe(status);
    expect((await call).status).toBe(503);
  });

  it('reports every error of the configuration and exits with 78', async () => {
    const file = join(ends.folder, 'wrong.yaml');
    await writeFile(file, 'thingworx: { url: ftp://h }\nlog: { level: loud }\n');
    const agent = spawn(['run', '--config', file], { TWX_IOTHUB__ADMIN__PORT: 'many' });
    expect(await agent.exited).toBe(78);
    expect(agent.stderr.trim().split('\n').sort()).toEqual([
      expect.stringContaining(`${file}:1:19: thingworx.url: must be a URL`),
      expect.stringContaining(`${file}:1:1: iothubs: is required`),
      expect.stringContaining(`${file}:1:1: thingworx.appKey: is required`),
      `${file}:2:15: log.level: must be one of trace, debug, info, warn, error, fatal`,
      'TWX_IOTHUB__ADMIN__PORT: admin.port: must be a number, but is text',
    ]);
    expect(agent.stdout).toBe('');
  });

  it('ends with 2 for wrong usage, and with 1 if its port is in use', async () => {
    expect(await spawn(['run', '--nonsense']).exited).toBe(2);
    const port = (mute.address() as AddressInfo).port;
    const agent = spawn(['run', '--config', await ends.writeConfiguration('taken.json', { admin: { port } })]);
    expect(await agent.exited).toBe(1);
    expect(agent.stderr).toContain(`error: admin.port ${port} on 127.0.0.1 is in use`);
  });
});
