import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadyInfo } from '../../src/sandbox/ready-file.js';

export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running `twx-iothub ...`, started from dist as a user would. */
export class CommandProcess {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly exited: Promise<CommandResult>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [join(__dirname, '../../bin/twx-iothub.js'), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = once(this.child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  /** Waits until stdout or stderr contains `text`; fails if the process ends first. */
  async printed(text: string): Promise<void> {
    while (!this.stdout.includes(text) && !this.stderr.includes(text)) {
      const ended = await Promise.race([
        this.exited.then(() => true),
        ...[this.child.stdout, this.child.stderr].map((stream) =>
          once(stream as NodeJS.ReadableStream, 'data').then(() => false),
        ),
      ]);
      if (ended) throw new Error(`ended before it printed "${text}":\n${this.stdout}\n${this.stderr}`);
    }
  }

  /** Sends SIGTERM and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<CommandResult> {
    this.child.kill(signal);
    return this.exited;
  }
}

/** A `twx-iothub sandbox` on free ports that is ready. */
export class SandboxProcess {
  readonly #directory: string;
  readonly command: CommandProcess;
  ready!: ReadyInfo;

  /** @param options.hasDefaultAdminPort leaves the port of the console to the command; only one test may use that port. */
  constructor(args: readonly string[] = [], options: { readonly hasDefaultAdminPort?: boolean } = {}) {
    this.#directory = mkdtempSync(join(tmpdir(), 'twx-iothub-test-'));
    const mode = args[0]?.startsWith('-') === false ? [args[0]] : [];
    const hasAgent = mode.length === 0 || mode[0] === 'all';
    const isFree = hasAgent && !options.hasDefaultAdminPort && !args.includes('--admin-port');
    this.command = new CommandProcess([
      'sandbox',
      ...mode,
      '--http-port',
      '0',
      '--hub-port',
      '0',
      '--mqtt-port',
      '0',
      ...(isFree ? ['--admin-port', '0'] : []),
      '--ready-file',
      this.#readyFile,
      ...args.slice(mode.length),
    ]);
  }

  get #readyFile(): string {
    return join(this.#directory, 'ready.json');
  }

  async started(): Promise<this> {
    await this.command.printed('The sandbox is ready');
    this.ready = JSON.parse(readFileSync(this.#readyFile, 'utf8')) as ReadyInfo;
    return this;
  }

  async stop(): Promise<CommandResult> {
    const result = await this.command.stop();
    rmSync(this.#directory, { recursive: true, force: true });
    return result;
  }
}
