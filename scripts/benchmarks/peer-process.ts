import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What a peer reports about itself. */
export interface PeerUsage {
  readonly cpuMicros: number;
  readonly residentBytes: number;
}

/** A script of `peers`, in a process of its own, which answers messages of this process. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => {
      throw new Error('a peer of the benchmark ended early');
    });
    this.#ended.catch(() => undefined);
  }

  /** Starts a peer; resolves when it reports that it is ready. */
  static async start(script: string, options: object): Promise<PeerProcess> {
    const file = join(__dirname, 'peers', `${script}.ts`);
    const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', file, JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const peer = new PeerProcess(child);
    await peer.#next();
    return peer;
  }

  /** Sends a message and waits for the answer of the peer. */
  async ask<T>(message: object): Promise<T> {
    const answer = this.#next();
    this.#child.send(message);
    return (await answer) as T;
  }

  usage(): Promise<PeerUsage> {
    return this.ask({ ask: 'usage' });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async #next(): Promise<unknown> {
    const [message] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [unknown];
    return message;
  }
}
