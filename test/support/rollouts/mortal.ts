import type { DeviceOperations } from '../../../src/iothub/device-ports.js';
import type { HubOperations } from '../../../src/iothub/ports.js';
import type { JobHub } from './job-hub.js';
import type { Store } from '../../../src/store/store.js';

/**
 * The two ends of an agent that is killed at one of its operations: store writes and hub calls. From then on nothing that it
 * asks for happens, and nothing is answered.
 */
export class Mortal {
  readonly store: Store;
  readonly hub: HubOperations;
  readonly devices: DeviceOperations;
  /** Resolves when the agent has been killed. */
  readonly death: Promise<void>;
  #isDead = false;
  #left: number;
  readonly #diesAfter: boolean;
  #die: () => void = () => undefined;

  /**
   * @param operations how many operations it lives for.
   * @param diesAfter whether the last of them still takes effect, its answer being lost.
   */
  constructor(
    store: Store,
    { operations: hub, deviceOperations: devices }: Pick<JobHub, 'operations' | 'deviceOperations'>,
    operations: number,
    diesAfter: boolean,
  ) {
    this.#left = operations;
    this.#diesAfter = diesAfter;
    this.death = new Promise((resolve) => (this.#die = resolve));
    this.hub = {
      scheduleJob: (context, job) => this.#do(() => hub.scheduleJob(context, job)),
      getJob: (context, jobId) => this.#do(() => hub.getJob(context, jobId)),
      listJobs: (context, request) => this.#do(() => hub.listJobs(context, request)),
      cancelJob: (context, jobId) => this.#do(() => hub.cancelJob(context, jobId)),
      query: (context, request) => this.#do(() => hub.query(context, request)),
    };
    this.devices = {
      ...devices,
      invokeMethod: (context, target, call) => this.#do(() => devices.invokeMethod(context, target, call)),
    };
    const batch = (...given: Parameters<Store['batch']>) => this.#do(() => store.batch(...given));
    this.store = new Proxy(store, {
      get: (target, name: keyof Store) => {
        if (name === 'batch') return batch;
        const member = target[name];
        return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
      },
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Kills the agent now. */
  kill(): void {
    this.#isDead = true;
    this.#die();
  }

  async #do<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isDead) return await new Promise<T>(() => undefined);
    this.#left -= 1;
    if (this.#left > 0) return await run();
    this.#isDead = true;
    if (this.#diesAfter) await run().catch(() => undefined);
    this.#die();
    return await new Promise<T>(() => undefined);
  }
}
