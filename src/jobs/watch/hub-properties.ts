import type { Clock } from '../../core/clock.js';
import { stringifyJson } from '../../core/exact-json.js';
import type { Instruments } from '../../core/instruments.js';
import type { Log } from '../../core/log.js';
import type { HubPort, HubStatus } from '../../iothub/ports.js';
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits, usableBytes } from '../result-size.js';
import type { ActiveJobs } from './active-jobs.js';
import type { WatchingThing } from './change-notifier.js';

export interface HubPropertiesOptions {
  readonly hub: HubPort;
  /** The hub's name in the configuration. */
  readonly hubName: string;
  /** The Things of this hub. */
  readonly things: readonly WatchingThing[];
  readonly agentVersion: string;
  readonly messageLimits?: MessageLimits | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

/**
 * Sets the properties `agentVersion`, `hubStatus`, `activeJobCount` and `activeJobs` of all Things of a hub, each when its
 * value has changed.
 */
export class HubProperties {
  readonly #options: HubPropertiesOptions;
  #status: HubStatus | undefined;
  #respondedAtMs = -Infinity;
  #unsubscribe: (() => void) | undefined;
  #shownActive = '';

  constructor(options: HubPropertiesOptions) {
    this.#options = options;
  }

  /** How the hub responds; undefined before its first response. */
  get hubStatus(): HubStatus | undefined {
    return this.#status;
  }

  /** When the hub last responded, on the monotonic clock; -Infinity before its first response. */
  get respondedAtMs(): number {
    return this.#respondedAtMs;
  }

  start(): void {
    this.#setAll('agentVersion', this.#options.agentVersion);
    this.#unsubscribe = this.#options.hub.onStatus((status) => this.#responded(status));
  }

  /** Idempotent. */
  stop(): void {
    this.#unsubscribe?.();
  }

  /** Shows the jobs that have not ended; undefined until they were listed. */
  showActive(active: ActiveJobs | undefined): void {
    if (!active) return;
    const { hubName, instruments, messageLimits = DEFAULT_MESSAGE_LIMITS } = this.#options;
    const rows = active.rows(usableBytes(messageLimits) / 2);
    const state = stringifyJson([active.count, rows]) ?? '';
    if (state === this.#shownActive) return;
    this.#shownActive = state;
    instruments.gauge('hub_active_jobs', active.count, { hub: hubName });
    this.#setAll('activeJobCount', active.count);
    this.#setAll('activeJobs', rows);
  }

  #responded(status: HubStatus): void {
    const { clock, log } = this.#options;
    this.#respondedAtMs = clock.monotonicMs();
    if (status === this.#status) return;
    this.#status = status;
    log.info({ hubStatus: status }, 'the state of the hub has changed');
    this.#setAll('hubStatus', status);
  }

  #setAll(name: string, value: unknown): void {
    const { things, log } = this.#options;
    for (const thing of things) {
      try {
        thing.setProperty(name, value);
      } catch (error) {
        log.error({ err: error, thing: thing.name, property: name }, 'could not set a property');
      }
    }
  }
}
