import { type Clock, sleep } from '../../core/clock.js';

/** Pause between attempts while the hub does not answer at all. */
const PROBE_PAUSE_MS = 250;

/**
 * Limits how many devices connect at a time. While the hub is unreachable only one device tries to connect, so that
 * thousands of devices do not overload the machine; as soon as it receives a response, the others follow.
 */
export class ConnectGate {
  readonly #clock: Clock;
  readonly #maxParallel: number;
  readonly #queue: (() => void)[] = [];
  #open = 0;
  #isHubAway = false;

  constructor(clock: Clock, maxParallel: number) {
    this.#clock = clock;
    this.#maxParallel = maxParallel;
  }

  /**
   * Runs `connect` when it is its turn.
   * @param answered returns whether an error of `connect` is nevertheless a response of the hub.
   * @throws the reason of `signal` if it aborts while waiting, or what `connect` throws.
   */
  async pass<T>(connect: () => Promise<T>, answered: (error: unknown) => boolean, signal: AbortSignal): Promise<T> {
    await this.#turn(signal);
    try {
      const result = await connect();
      this.#isHubAway = false;
      return result;
    } catch (error) {
      this.#isHubAway = !answered(error);
      if (this.#isHubAway) await sleep(this.#clock, PROBE_PAUSE_MS, signal).catch(() => undefined);
      throw error;
    } finally {
      this.#open -= 1;
      this.#admit();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#queue.indexOf(enter);
        if (index >= 0) this.#queue.splice(index, 1);
        reject(signal.reason as Error);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.#open += 1;
        resolve();
      };
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(enter);
      this.#admit();
    });
  }

  #admit(): void {
    const limit = this.#isHubAway ? 1 : this.#maxParallel;
    while (this.#open < limit) {
      const enter = this.#queue.shift();
      if (!enter) return;
      enter();
    }
  }
}
