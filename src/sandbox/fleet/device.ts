import { fullJitterMs } from '../../core/backoff.js';
import { type Clock, sleep } from '../../core/clock.js';
import type { Random } from '../../core/random.js';
import type { DeviceBehaviour } from './behaviour.js';
import type { ConnectGate } from './connect-gate.js';
import { answerMethod, METHOD_NAMES } from './methods.js';
import { openSession, type SdkSession } from './sdk-session.js';

export interface DeviceOptions {
  readonly deviceId: string;
  readonly connectionString: string;
  readonly caPem?: string;
  readonly behaviour: DeviceBehaviour;
  readonly gate: ConnectGate;
  readonly clock: Clock;
  readonly random: Random;
  readonly onState: (isOnline: boolean) => void;
}

const RETRY = { baseMs: 500, capMs: 4000 };
/** A hub that rejects the device will probably reject it again, so the device retries less often. */
const REFUSED_RETRY_MS = 10_000;

/** A simulated device on the Azure SDK: stays connected from `start` to `stop`, whatever happens to the hub. */
export class Device {
  readonly #options: DeviceOptions;
  #abort: AbortController | undefined;
  /** Resolves when the last run has ended. Two runs at the same time would compete for the device's only connection. */
  #ended: Promise<void> = Promise.resolve();
  #session: SdkSession | undefined;
  #upSinceMs = 0;

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  /** Starts to connect; has no effect if the device is running. */
  start(): void {
    if (this.#abort) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#upSinceMs = this.#options.clock.nowMs();
    this.#ended = this.#ended.then(() => this.#stayConnected(abort.signal));
  }

  /** Disconnects and stays offline until `start`. */
  async stop(): Promise<void> {
    this.#abort?.abort(new Error('the device was stopped'));
    this.#abort = undefined;
    await this.#ended;
  }

  async #stayConnected(signal: AbortSignal): Promise<void> {
    let attempt = 0;
    while (!signal.aborted) {
      const failure = await this.#connectOnce(signal).then(
        () => undefined,
        (error: unknown) => error ?? new Error('unknown'),
      );
      attempt = failure === undefined ? 0 : attempt + 1;
      const pauseMs = isRefusal(failure) ? REFUSED_RETRY_MS : fullJitterMs(attempt, RETRY, this.#options.random);
      await sleep(this.#options.clock, pauseMs, signal).catch(() => undefined);
    }
  }

  /** Resolves when an established connection has ended. */
  async #connectOnce(signal: AbortSignal): Promise<void> {
    const end = new AbortController();
    const endNow = (): void => end.abort(new Error('the connection was lost'));
    signal.addEventListener('abort', endNow, { once: true });
    try {
      const session = await this.#options.gate.pass(() => this.#open(end.signal, endNow), isRefusal, signal);
      await this.#serve(session, end.signal);
    } finally {
      signal.removeEventListener('abort', endNow);
    }
  }

  async #serve(session: SdkSession, end: AbortSignal): Promise<void> {
    this.#session = session;
    this.#options.onState(true);
    await sleep(this.#options.clock, this.#stayMs(), end).catch(() => undefined);
    this.#session = undefined;
    await session.close();
    this.#options.onState(false);
  }

  #open(signal: AbortSignal, onLost: () => void): Promise<SdkSession> {
    const { connectionString, caPem, clock } = this.#options;
    return openSession(
      { connectionString, methodNames: METHOD_NAMES, clock, signal, ...(caPem === undefined ? {} : { caPem }) },
      {
        onMethod: (name, payload) => this.#answer(name, payload),
        onDesired: (properties) => this.#reportAfter(this.#options.behaviour.latencyMs, properties),
        onLost,
      },
    );
  }

  async #answer(name: string, payload: unknown): Promise<{ status: number; payload: unknown } | undefined> {
    const { deviceId, behaviour, clock } = this.#options;
    const found = answerMethod(name, payload, {
      deviceId,
      isFailing: behaviour.isFailing,
      upSinceMs: this.#upSinceMs,
      nowMs: clock.nowMs(),
      firmware: () => this.#session?.reported()['firmware'],
    });
    if (!found) return undefined;
    const delayMs = found.delayMs + behaviour.latencyMs;
    if (delayMs > 0) await sleep(clock, delayMs);
    if (found.report) this.#reportAfter(found.report.afterMs, found.report.properties);
    return { status: found.status, payload: found.payload };
  }

  #reportAfter(delayMs: number, properties: Readonly<Record<string, unknown>>): void {
    this.#options.clock.schedule(delayMs, () => {
      // Without a connection, the properties are reported after the next connect, which reads the twin.
      this.#session?.report(properties).catch(() => undefined);
    });
  }

  /** Returns how long this connection should last. */
  #stayMs(): number {
    const { behaviour, random } = this.#options;
    const forever = 2 ** 31 - 1;
    return behaviour.reconnectSeconds === 0 ? forever : behaviour.reconnectSeconds * 1000 * (0.5 + random());
  }
}

/**
 * Whether the hub answered with a CONNACK that refuses the device. The SDK reports many other errors as unauthorized
 * too.
 */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Connection refused:');
}
