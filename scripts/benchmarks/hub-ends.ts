import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAgentConfig } from '../../test/support/agent-config.js';
import { CommandProcess, SandboxProcess } from '../../test/support/sandbox-process.js';
import { CallGenerator } from './call-generator.js';
import { PeerProcess } from './peer-process.js';

/** The processor time that the threads of a process have used, in microseconds. Linux counts it in nanoseconds. */
export function cpuMicrosOf(pid: number | undefined): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanos = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanos.reduce((sum, one) => sum + one, 0) / 1000;
}

/** Resident memory of a process, in bytes. */
export function residentBytesOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

/** A local hub in a process of its own. */
export async function startHub(args: readonly string[] = []): Promise<SandboxProcess> {
  return new SandboxProcess(['hub', '--devices', '0', ...args]).started();
}

/** The agent as a user runs it, between a call generator and a hub. */
export class AgentUnderLoad {
  readonly generator: CallGenerator;
  readonly #command: CommandProcess;
  readonly #folder: string;

  private constructor(generator: CallGenerator, command: CommandProcess, folder: string) {
    this.generator = generator;
    this.#command = command;
    this.#folder = folder;
  }

  /** @param options `keepsState`: whether it has a state directory, which roll-outs need; `iothubs` and `watch` as configured. */
  static async start(
    { ready }: Pick<SandboxProcess, 'ready'>,
    {
      keepsState = false,
      ...more
    }: { readonly keepsState?: boolean; readonly iothubs?: object; readonly watch?: object } = {},
  ): Promise<AgentUnderLoad> {
    const generator = await CallGenerator.start();
    const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-bench-'));
    const thingworx = { url: '', thing: '', wsUrl: generator.url, appKey: generator.appKey };
    const bound = generator.edge();
    const settings = {
      services: { shortNames: true },
      ...(keepsState && { stateDir: join(folder, 'state') }),
      ...more,
    };
    const config = writeAgentConfig({ ...ready, thingworx }, folder, settings);
    const command = new CommandProcess(['run', '--config', config]);
    const ended = command.exited.then(() => Promise.reject(new Error(`the agent ended early:\n${command.stderr}`)));
    await Promise.race([bound, ended]);
    ended.catch(() => undefined);
    return new AgentUnderLoad(generator, command, folder);
  }

  get pid(): number | undefined {
    return this.#command.child.pid;
  }

  async close(): Promise<void> {
    await this.#command.stop('SIGKILL');
    await this.generator.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The SDK's own clients in a process of their own, connected to the hub. */
export function startSdk({ ready }: SandboxProcess): Promise<PeerProcess> {
  const { address = '', connectionString, caFile = '' } = ready.iothub ?? {};
  const [host, port] = address.split(':');
  return PeerProcess.start('sdk-calls', {
    connectionString,
    host,
    port: Number(port),
    ca: readFileSync(caFile, 'utf8'),
  });
}
