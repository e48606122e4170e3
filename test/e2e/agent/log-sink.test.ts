import { afterEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LonelyAgent, type LonelyAgentOptions } from '../../support/agent/lonely-agent.js';
import { SandboxProcess } from '../../support/sandbox-process.js';
import { eventually } from '../../support/eventually.js';

const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-sink-'));
const open: number[] = [];
let agent: LonelyAgent | undefined;

afterEach(async () => {
  await agent?.kill();
  for (const fd of open.splice(0)) closeSync(fd);
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, flags: string): number {
  const fd = openSync(name, flags);
  open.push(fd);
  return fd;
}

/** Creates a named pipe that is open in both directions, so that writes succeed although nothing reads from it. */
function pipe(name: string): number {
  execFileSync('mkdir', ['-p', folder]);
  execFileSync('mkfifo', [join(folder, name)]);
  return file(join(folder, name), 'r+');
}

const droppedLines = async (): Promise<number> => {
  const { text } = (await agent?.get('/metrics')) ?? { text: '' };
  return Number(/^twx_iothub_agent_log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
};

/** Expects the agent to respond to calls, probes and SIGTERM. */
async function expectWorking(): Promise<void> {
  expect((await agent?.get('/livez'))?.status).toBe(200);
  expect((await agent?.platform.end.invoke('AzureIotHub', 'NoSuchService'))?.code).toBe(0x84);
}

async function expectOrderlyEnd(): Promise<void> {
  const startMs = performance.now();
  agent?.child.kill('SIGTERM');
  expect(await agent?.exited).toBe(0);
  expect(performance.now() - startMs).toBeLessThan(10_000);
}

describe('an agent whose log cannot be written', () => {
  it.each<[string, () => LonelyAgentOptions]>([
    ['because the disk is full from the start', () => ({ stdout: file('/dev/full', 'w') })],
    ['because nothing reads from its pipe', () => ({ stdout: pipe('unread') })],
    ['because nothing reads from its socket', () => ({ stdout: 'pipe' })],
    [
      'because the file cannot grow any more',
      () => {
        execFileSync('mkdir', ['-p', folder]);
        return { stdout: file(join(folder, 'full.log'), 'a'), shell: 'ulimit -f 16' };
      },
    ],
  ])('%s keeps working, counts the dropped lines and stops gracefully', async (_what, options) => {
    agent = await LonelyAgent.start({ ...options(), level: 'debug' });
    await expectWorking();
    await agent.makeItLog(12_000);
    await expectWorking();
    expect(await droppedLines()).toBeGreaterThan(1_000);
    await expectOrderlyEnd();
    expect(agent.stderr).toBe('');
  });

  it('keeps working when its reader disconnects', async () => {
    agent = await LonelyAgent.start({ stdout: 'pipe', level: 'debug' });
    agent.child.stdout?.destroy();
    await agent.makeItLog(1_000);
    await expectWorking();
    await expectOrderlyEnd();
    expect(agent.stderr).toBe('');
  });

  it('reports how many lines it dropped once its reader reads again', async () => {
    const fd = pipe('late');
    agent = await LonelyAgent.start({ stdout: fd, level: 'debug' });
    await agent.makeItLog(12_000);
    const dropped = await droppedLines();
    let text = '';
    const buffer = Buffer.alloc(65_536);
    const reader = file(join(folder, 'late'), 'r+');
    await eventually(() => {
      text += buffer.toString('utf8', 0, readSync(reader, buffer));
      return Promise.resolve(text.includes('log lines were dropped'));
    });
    const report = text.split('\n').find((line) => line.includes('log lines were dropped')) ?? '';
    expect(JSON.parse(report)).toMatchObject({ level: 'warn', count: dropped });
    await expectOrderlyEnd();
  });
});

describe('the last lines of the log', () => {
  it('are written to a file in order', async () => {
    execFileSync('mkdir', ['-p', folder]);
    const name = join(folder, 'agent.log');
    agent = await LonelyAgent.start({ stdout: file(name, 'a'), level: 'debug' });
    await agent.makeItLog(1_000);
    await expectOrderlyEnd();
    const lines = readFileSync(name, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ msg: 'agent stopped' });
    expect(lines.filter((line) => line.includes('request refused'))).toHaveLength(1_000);
  });
});

describe('an uncaught error', () => {
  const throwing = (): Readonly<Record<string, string>> => {
    execFileSync('mkdir', ['-p', folder]);
    const script = join(folder, 'defect.cjs');
    writeFileSync(script, "process.on('SIGUSR2', () => setImmediate(() => { throw new Error('a test error'); }));");
    return { NODE_OPTIONS: `--require ${script}` };
  };

  it('ends the agent with 1 and is among the last two lines of the log', async () => {
    const env = throwing();
    const name = join(folder, 'defect.log');
    agent = await LonelyAgent.start({ stdout: file(name, 'a'), env });
    agent.child.kill('SIGUSR2');
    expect(await agent.exited).toBe(1);
    // The line about the signal may still be in flight in the thread pool, and be written after the one at the exit.
    const last = readFileSync(name, 'utf8').trimEnd().split('\n').slice(-2);
    expect(last.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'uncaught exception (a defect); the agent exits' }),
    );
  });

  it('ends the agent with 1 and without further output if the log cannot be written', async () => {
    agent = await LonelyAgent.start({ stdout: file('/dev/full', 'w'), env: throwing() });
    agent.child.kill('SIGUSR2');
    expect(await agent.exited).toBe(1);
    expect(agent.stderr).toBe('');
  });
});

describe('signals that others use to reopen logs or to reload', () => {
  it.each<NodeJS.Signals>(['SIGHUP', 'SIGUSR1', 'SIGUSR2'])(
    '%s is logged and ignored, even during shutdown',
    async (signal) => {
      execFileSync('mkdir', ['-p', folder]);
      const name = join(folder, `${signal}.log`);
      agent = await LonelyAgent.start({ stdout: file(name, 'a') });
      for (let count = 0; count < 3; count += 1) agent.child.kill(signal);
      await eventually(() => Promise.resolve(readFileSync(name, 'utf8').includes(`"signal":"${signal}"`)));
      await expectWorking();
      agent.child.kill('SIGTERM');
      for (let count = 0; count < 20; count += 1) agent.child.kill(signal);
      expect(await agent.exited).toBe(0);
      expect(agent.stderr).not.toContain('Debugger');
    },
  );

  it('have no effect on the sandbox either', async () => {
    const sandbox = await new SandboxProcess(['hub', '--devices', '0']).started();
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
      sandbox.command.child.kill(signal);
      await sandbox.command.printed(`"signal":"${signal}"`);
    }
    expect(sandbox.command.stderr).not.toContain('Debugger');
    expect(await sandbox.stop()).toEqual({ code: 0, signal: null });
  });
});
