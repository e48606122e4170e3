import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type HostAnswer, type HostCall, isLogCall, type ScriptOrder, type WorkerMessage } from './script-protocol.js';

const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

/** How many characters of JSON a script may pass to the platform at once. Parsing more would block the event loop. */
const MAX_JSON_LENGTH = 8_388_608;
const TOO_LONG = `a script may pass at most ${MAX_JSON_LENGTH} characters of JSON to the platform at once`;

const isTooLong = (message: WorkerMessage): boolean => message.kind === 'done' && message.json.length > MAX_JSON_LENGTH;

/** How a script ended. */
export type ScriptEnd =
  | Extract<WorkerMessage, { kind: 'done' | 'failed' | 'invalid' }>
  /** The thread has ended. */
  | { readonly kind: 'died'; readonly message: string };

export interface ScriptHost {
  /** Handles a call; never rejects. */
  answer(call: HostCall): Promise<HostAnswer>;
}

/** A thread that runs one script at a time. */
export class ScriptThread {
  readonly #worker: Worker;
  readonly #answers: MessagePort;
  readonly #signal = new SharedArrayBuffer(4);
  #onMessage: (message: WorkerMessage) => void = () => undefined;
  #onDeath: (message: string) => void = () => undefined;
  #isAlive = true;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#answers = port1;
    this.#worker = new Worker(workerFile(), {
      workerData: { answers: port2 },
      transferList: [port2],
      resourceLimits: MEMORY,
      env: {},
      execArgv: [],
    });
    this.#worker.unref();
    port1.unref();
    this.#worker.on('message', (message: WorkerMessage) => this.#onMessage(message));
    this.#worker.on('error', (error) => this.#died(error.message));
    this.#worker.on('exit', () => this.#died('its thread ended'));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  run(order: Omit<ScriptOrder, 'signal'>, host: ScriptHost): Promise<ScriptEnd> {
    return new Promise((resolve) => {
      this.#onDeath = (message) => resolve({ kind: 'died', message });
      this.#onMessage = (message) => {
        if (message.kind === 'call') void this.#serve(message.json, host);
        else resolve(isTooLong(message) ? { kind: 'failed', message: TOO_LONG } : message);
      };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      this.#worker.postMessage({ ...order, signal: this.#signal } satisfies ScriptOrder);
    });
  }

  /** Stops the thread together with the script that it runs. */
  async terminate(): Promise<void> {
    this.#died('it was terminated');
    await this.#worker.terminate();
  }

  async #serve(json: string, host: ScriptHost): Promise<void> {
    const call = json.length > MAX_JSON_LENGTH ? undefined : readCall(json);
    const refusal = { error: json.length > MAX_JSON_LENGTH ? TOO_LONG : 'the call cannot be parsed' };
    const answer = call ? await host.answer(call) : refusal;
    if (isLogCall(json) || !this.#isAlive) return;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#answers.postMessage(answer);
    const answered = new Int32Array(this.#signal);
    Atomics.add(answered, 0, 1);
    Atomics.notify(answered, 0);
  }

  #died(message: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#answers.close();
    this.#onDeath(message);
  }
}

/** Parses a call. A script can tamper with the `JSON` object that serializes its calls, so this can fail. */
function readCall(json: string): HostCall | undefined {
  try {
    return JSON.parse(json) as HostCall;
  } catch {
    return undefined;
  }
}

/** Threads run compiled files, so when this module runs from the sources, as in tests, the file in `dist` is used. */
function workerFile(): string {
  const beside = join(__dirname, 'script-worker.js');
  if (existsSync(beside)) return beside;
  return join(__dirname.replace(/src([\\/])sandbox([\\/])/, 'dist$1sandbox$2'), 'script-worker.js');
}
