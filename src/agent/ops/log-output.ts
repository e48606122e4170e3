import type { LogDevice } from './log-device.js';

export interface LogOutputOptions {
  readonly device: LogDevice;
  /** Maximum number of characters in waiting lines; further lines are dropped. */
  readonly maxWaiting?: number;
  /** Calls `fire` once after `delayMs`; must not keep the process alive. */
  readonly schedule?: (delayMs: number, fire: () => void) => void;
  /** Blocks the process for some milliseconds. For the end of the process only. */
  readonly block?: (delayMs: number) => void;
}

const MAX_WAITING = 1_048_576;
const MAX_CHUNK = 65_536;

/** How long to pause if the other end does not read, and if writing fails, for example because the disk is full. */
const FULL_PAUSE_MS = 20;
const FAILURE_PAUSE_MS = 1_000;

/** How long the exit of the process may be delayed by its last lines. */
const LAST_LINES_MS = 250;
const BLOCK_STEP_MS = 5;

/**
 * Writes log lines in order without ever blocking or failing. Lines wait in a bounded queue while the device does not
 * accept them; lines beyond the bound are dropped and counted.
 */
export class LogOutput {
  readonly #device: LogDevice;
  readonly #maxWaiting: number;
  readonly #schedule: (delayMs: number, fire: () => void) => void;
  readonly #block: (delayMs: number) => void;
  readonly #lines: string[] = [];
  /** Characters in `#lines`. */
  #waiting = 0;
  /** The rest of the chunk that is being written. */
  #chunk: Buffer | undefined;
  /** `#isInFlight`: the device is writing `#chunk`. `#isBusy`: it is, or a pause before the next attempt is running. */
  #isInFlight = false;
  #isBusy = false;
  #isFailing = false;
  #dropped = 0;
  #reported = 0;
  #idle: (() => void)[] = [];
  /** Called with a count once lines are written again after some were dropped. It may write a line. */
  onRecovered: (dropped: number) => void = () => undefined;

  constructor({ device, maxWaiting = MAX_WAITING, schedule = unreferenced, block = blockFor }: LogOutputOptions) {
    this.#device = device;
    this.#maxWaiting = maxWaiting;
    this.#schedule = schedule;
    this.#block = block;
  }

  /** How many lines have been dropped since the start. */
  get droppedLines(): number {
    return this.#dropped;
  }

  /** Writes, queues or drops one line, which ends in a line feed. */
  write(line: string): void {
    if (this.#waiting + line.length > this.#maxWaiting) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(line);
    this.#waiting += line.length;
    this.#pump();
  }

  /** Resolves once all lines are written, at the latest after `timeoutMs`; immediately while writing fails. */
  flush(timeoutMs: number): Promise<void> {
    if (this.#isEmpty || this.#isFailing) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#schedule(timeoutMs, resolve);
    });
  }

  /** Writes what can be written before the process exits; takes at most a quarter of a second. */
  flushSync(): void {
    const steps = LAST_LINES_MS / BLOCK_STEP_MS;
    // A thread of the pool is writing it and finishes before the process exits.
    if (this.#isInFlight) this.#chunk = undefined;
    try {
      for (let step = 0; step < steps && !this.#isEmpty;) {
        const chunk = this.#takeChunk();
        const bytesWritten = this.#device.writeSync(chunk);
        this.#chunk = bytesWritten < chunk.length ? chunk.subarray(bytesWritten) : undefined;
        if (bytesWritten > 0) continue;
        step += 1;
        this.#block(BLOCK_STEP_MS);
      }
    } catch {
      // There is no other place to report this to.
      this.#isFailing = true;
    }
  }

  get #isEmpty(): boolean {
    return this.#lines.length === 0 && this.#chunk === undefined;
  }

  #takeChunk(): Buffer {
    if (this.#chunk) return this.#chunk;
    let size = 0;
    const count = this.#lines.findIndex((line) => (size += line.length) > MAX_CHUNK);
    const text = this.#lines.splice(0, count < 0 ? this.#lines.length : Math.max(1, count)).join('');
    this.#waiting -= text.length;
    this.#chunk = Buffer.from(text);
    return this.#chunk;
  }

  /** A loop rather than recursion, because devices may call back before they return. */
  #pump(): void {
    while (!this.#isBusy && !this.#isEmpty) {
      const chunk = this.#takeChunk();
      this.#isBusy = true;
      this.#isInFlight = true;
      this.#device.write(chunk, (error, bytesWritten) => this.#onWritten(chunk, error, bytesWritten));
    }
  }

  #onWritten(chunk: Buffer, error: Error | null, bytesWritten: number): void {
    this.#chunk = bytesWritten < chunk.length ? chunk.subarray(bytesWritten) : undefined;
    this.#isInFlight = false;
    this.#isFailing = error !== null;
    if (error || bytesWritten === 0) {
      this.#schedule(error ? FAILURE_PAUSE_MS : FULL_PAUSE_MS, () => this.#resume());
    } else {
      this.#isBusy = false;
      this.#reportDropped();
      // A device that calls back later finds no loop running.
      queueMicrotask(() => this.#pump());
    }
    if (!this.#isEmpty && !this.#isFailing) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #resume(): void {
    this.#isBusy = false;
    this.#pump();
  }

  #reportDropped(): void {
    if (this.#dropped === this.#reported || this.#waiting > this.#maxWaiting / 2) return;
    const count = this.#dropped - this.#reported;
    this.#reported = this.#dropped;
    this.onRecovered(count);
  }
}

function unreferenced(delayMs: number, fire: () => void): void {
  setTimeout(fire, delayMs).unref();
}

function blockFor(delayMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
}
