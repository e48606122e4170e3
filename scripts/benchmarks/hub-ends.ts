import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAgentConfig } from '../../test/support/agent-config.js';
import { CommandProcess, SandboxProcess } from '../../test/support/sandbox-process.js';
import { CallGenerator } from './call-generator.js';
import { PeerProcess } from './peer-process.js';

/** A tick of /proc/PID/stat on Linux, in microseconds. */
const TICK_MICROS = 10_000;
/** Where utime and stime are in /proc/PID/stat, after the name in parentheses. */
const TIMES_AT = [11, 12] as const;

/** The processor time that a process has used. */
export function cpuMicrosOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return TIMES_AT.reduce((sum, at) => sum + Number(fields[at]), 0) * TICK_MICROS;
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

  static async start({ ready }: SandboxProcess, more: object = {}): Promise<AgentUnderLoad> {
    const generator = await CallGenerator.start();
    const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-bench-'));
    const thingworx = { url: '', thing: '', wsUrl: generator.url, appKey: generator.appKey };
    const bound = generator.edge();
    const config = writeAgentConfig({ ...ready, thingworx }, folder, { services: { shortNames: true }, ...more });
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
