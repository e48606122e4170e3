import { stringifyJson } from '../../core/exact-json.js';
import type { Instruments } from '../../core/instruments.js';
import type { Log } from '../../core/log.js';
import { type MessageLimits, usableBytes } from '../result-size.js';
import type { ActiveJobs } from './active-jobs.js';
import type { WatchingThing } from './change-notifier.js';

export interface HubPropertiesOptions {
  readonly hubName: string;
  readonly things: readonly WatchingThing[];
  readonly messageLimits: MessageLimits;
  readonly log: Log;
  readonly instruments: Instruments;
}

/** The properties of a hub's Things that the watcher keeps. */
export class HubProperties {
  readonly #options: HubPropertiesOptions;
  #shownActive = '';

  constructor(options: HubPropertiesOptions) {
    this.#options = options;
  }

  /** Shows the active jobs if they have changed. */
  showActive(active: ActiveJobs | undefined): void {
    if (!active) return;
    const { messageLimits, instruments, hubName } = this.#options;
    const rows = active.rows(usableBytes(messageLimits) / 2);
    const state = stringifyJson([active.count, rows]) ?? '';
    if (state === this.#shownActive) return;
    this.#shownActive = state;
    instruments.gauge('hub_active_jobs', active.count, { hub: hubName });
    this.set('activeJobCount', active.count);
    this.set('activeJobs', rows);
  }

  /** Sets a property of every Thing. */
  set(name: string, value: unknown): void {
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
