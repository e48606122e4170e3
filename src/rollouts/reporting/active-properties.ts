import type { Clock, Timer } from '../../core/clock.js';
import { stringifyJson } from '../../core/exact-json.js';
import type { Log } from '../../core/log.js';
import type { NativeRow } from '../../edge/definitions.js';
import { type MessageLimits, rowBytes, usableBytes } from '../../jobs/result-size.js';
import type { WatchingThing } from '../../jobs/watch/change-notifier.js';
import type { RolloutStatus } from '../driver/driver.js';
import { rolloutRow } from './rows.js';
import { AZURE_IOT_ROLLOUT, MAX_ACTIVE_ROLLOUTS } from './thing-definitions.js';

export interface ActivePropertiesOptions {
  readonly things: readonly WatchingThing[];
  /** Returns the roll-outs that have not ended, newest first. */
  readonly open: () => readonly RolloutStatus[];
  /** Returns the number of jobs in the agent's queue. */
  readonly queuedJobCount: () => number;
  readonly messageLimits: MessageLimits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Changes within this time are pushed together. */
const SHOW_AFTER_MS = 1000;
/** What a roll-out waits for can change without a notification, so the properties are also updated at this interval. */
const SHOW_EVERY_MS = 20_000;

/** Keeps the properties of the hub's Things up to date that show its open roll-outs. */
export class ActiveProperties {
  readonly #options: ActivePropertiesOptions;
  #timer: Timer | undefined;
  #isSoon = false;
  #isStopped = false;
  #shown = '';

  constructor(options: ActivePropertiesOptions) {
    this.#options = options;
  }

  /** Sets the properties, and updates them from then on. */
  start(): void {
    this.#show();
  }

  /** Schedules an update. */
  changed(): void {
    if (!this.#isSoon) this.#postponed(SHOW_AFTER_MS);
    this.#isSoon = true;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #postponed(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#isStopped) this.#timer = this.#options.clock.schedule(delayMs, () => this.#show());
  }

  #show(): void {
    this.#isSoon = false;
    const open = this.#options.open();
    const values: [name: string, value: unknown][] = [
      ['activeRolloutCount', open.length],
      ['activeRollouts', this.#rows(open)],
      ['queuedJobCount', this.#options.queuedJobCount()],
    ];
    const state = stringifyJson(values) ?? '';
    if (state !== this.#shown) for (const [name, value] of values) this.#setAll(name, value);
    this.#shown = state;
    if (open.length > 0) this.#postponed(SHOW_EVERY_MS);
  }

  /** Returns the newest rows that fit one message of the platform beside the other properties. */
  #rows(open: readonly RolloutStatus[]): NativeRow[] {
    const fitting = usableBytes(this.#options.messageLimits) / 2;
    const rows: NativeRow[] = [];
    let bytes = 0;
    for (const status of open.slice(0, MAX_ACTIVE_ROLLOUTS)) {
      const row = rolloutRow(status);
      bytes += rowBytes(AZURE_IOT_ROLLOUT, row);
      if (bytes > fitting) break;
      rows.push(row);
    }
    return rows;
  }

  #setAll(name: string, value: unknown): void {
    for (const thing of this.#options.things) {
      try {
        thing.setProperty(name, value);
      } catch (error) {
        this.#options.log.error({ err: error, thing: thing.name, property: name }, 'a property could not be set');
      }
    }
  }
}
