import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformPolicy } from '../edge/platform-end.js';
import { SocketPlatform } from '../edge/socket-platform.js';

const BIN = join(__dirname, '../../../bin/twx-iothub.js');

/** A port of this machine that is free at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface LonelyAgentOptions {
  /** What standard output is. Its standard error is always read. */
  readonly stdout: StdioOptions | number;
  /** A command that `node bin run ...` is appended to, for example to limit the process. */
  readonly shell?: string;
  readonly level?: string;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Keys of `thingworx` other than those of the scripted platform. */
  readonly thingworx?: Readonly<Record<string, unknown>>;
  /** Keys of its hub other than those of an unreachable hub. */
  readonly iothub?: Readonly<Record<string, unknown>>;
  /** Other keys of its configuration. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** How the scripted platform answers. */
  readonly policy?: Partial<PlatformPolicy>;
  /** Whether to wait until the Thing is bound; true if omitted. */
  readonly waitsForBind?: boolean;
}

/** A built agent in its own process between a scripted platform and an unreachable hub. */
export class LonelyAgent {
  readonly platform: SocketPlatform;
  readonly child: ChildProcess;
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly adminUrl: string;
  stderr = '';
  readonly #folder: string;

  private constructor(platform: SocketPlatform, child: ChildProcess, adminUrl: string, folder: string) {
    this.platform = platform;
    this.child = child;
    this.adminUrl = adminUrl;
    this.#folder = folder;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  }

  static async start(options: LonelyAgentOptions): Promise<LonelyAgent> {
    const { stdout, shell, level = 'info', policy, env = {}, waitsForBind = true } = options;
    const platform = await SocketPlatform.start({ policy: { records: false, ...policy } });
    const adminPort = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-lonely-'));
    const file = join(folder, 'agent.json');
    const connectionString = `HostName=hub.example;SharedAccessKeyName=service;SharedAccessKey=${btoa('a key of no hub')}`;
    const configuration = {
      thingworx: { url: platform.url, appKey: 'the-key', allowInsecure: true, ...options.thingworx },
      iothubs: { main: { connectionString, address: '127.0.0.1:9', tier: 'S1', ...options.iothub } },
      admin: { port: adminPort },
      log: { level },
      ...options.configuration,
    };
    writeFileSync(file, JSON.stringify(configuration), { mode: 0o600 });
    const args = [BIN, 'run', '--config', file];
    const stdio = ['ignore', stdout, 'pipe'] as StdioOptions;
    const connected = platform.nextEnd();
    const child =
      shell === undefined
        ? spawn(process.execPath, args, { stdio, env: { ...process.env, ...env } })
        : spawn('bash', ['-c', `${shell}; exec "$@"`, 'bash', process.execPath, ...args], { stdio });
    const agent = new LonelyAgent(platform, child, `http://127.0.0.1:${adminPort}`, folder);
    if (!waitsForBind) return agent;
    await Promise.race([connected, agent.exited.then((end) => Promise.reject(new Error(`${end}: ${agent.stderr}`)))]);
    await platform.end.waitUntilBound();
    return agent;
  }

  /** Makes the agent log this many lines at `debug`. */
  async makeItLog(count: number): Promise<void> {
    for (let done = 0; done < count; done += 100) {
      const calls = Array.from({ length: 100 }, () => this.platform.end.invoke('AzureIotHub', 'NoSuchService'));
      await Promise.all(calls);
    }
  }

  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    // A connection that is kept may be closed by the agent just when it is used again.
    const headers = { connection: 'close' };
    const response = await fetch(`${this.adminUrl}${path}`, { headers, signal: AbortSignal.timeout(5_000) });
    return { status: response.status, text: await response.text() };
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
    await this.platform.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
