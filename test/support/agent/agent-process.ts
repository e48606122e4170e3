import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const COMMAND = join(__dirname, '..', '..', '..', 'bin', 'twx-iothub.js');

/** The built command in a process of its own. */
export class CommandProcess {
  stdout = '';
  stderr = '';
  /** The status, or the name of the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, command = COMMAND) {
    this.#child = spawn(process.execPath, [command, ...args], { env: { PATH: process.env['PATH'], ...env } });
    this.#child.stdout?.on('data', (data: Buffer) => this.#heard('stdout', data));
    this.#child.stderr?.on('data', (data: Buffer) => this.#heard('stderr', data));
    this.exited = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => resolve(code ?? signal ?? -1));
    });
  }

  /** The lines of the log that have this message, once there is one. Rejects when the process ends before. */
  async line(message: string): Promise<Record<string, unknown>> {
    for (;;) {
      const line = this.stdout.split('\n').find((text) => text.includes(`"msg":"${message}"`));
      if (line !== undefined) return JSON.parse(line) as Record<string, unknown>;
      const ended = await Promise.race([this.#more(), this.exited]);
      if (ended !== undefined) throw new Error(`ended with ${ended}: ${this.stdout}${this.stderr}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it if it still runs. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #more(): Promise<undefined> {
    return new Promise((resolve) => this.#waiting.add(() => resolve(undefined)));
  }

  #heard(stream: 'stdout' | 'stderr', data: Buffer): void {
    this[stream] += data.toString();
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
