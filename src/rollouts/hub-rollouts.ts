import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { HubPort, HubOperations } from '../iothub/ports.js';
import type { HubPlaces } from '../jobs/queue/places.js';
import type { MessageLimits } from '../jobs/result-size.js';
import type { WatchingThing } from '../jobs/watch/change-notifier.js';
import { isOutOfReach, type Store } from '../store/store.js';
import { ActiveProperties } from './reporting/active-properties.js';
import { RolloutDriver } from './driver/driver.js';
import { EventNotifier } from './reporting/event-notifier.js';
import { RolloutKeys } from './records/keys.js';
import type { PlatformPresence, RolloutGuards } from './environment.js';
import { type CallContext, startPart } from '../core/call-context.js';

/** The keys of the section `rollouts` of the configuration. */
export interface RolloutSettings {
  /** If false, open roll-outs are kept and not driven. */
  readonly enabled: boolean;
  readonly maxOpen: number;
  readonly historyDays: number;
  readonly connectionCheckSeconds: number;
  readonly continuousCheckSeconds: number;
  readonly whenPlatformAway: 'continue' | 'hold';
}

export interface HubRolloutsOptions {
  readonly hub: HubPort;
  /** The hub's name in the configuration: part of the keys in the store. */
  readonly hubName: string;
  readonly store: Store;
  /** The connection to ThingWorx; always there if absent. */
  readonly platform?: PlatformPresence | undefined;
  /** The Things of this hub. */
  readonly things: readonly WatchingThing[];
  readonly settings: RolloutSettings;
  readonly guards: RolloutGuards;
  /** Called for each change of a roll-out, its deletion among them. */
  readonly onChange?: ((rolloutId: string) => void) | undefined;
  /** The places of the hub, shared with the queue of plain jobs. */
  readonly places: HubPlaces;
  /** Returns the number of jobs in that queue. */
  readonly queuedJobCount: () => number;
  /** Time between two polls of an open hub job. */
  readonly pollIntervalMs: number;
  readonly messageLimits: MessageLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

/** Timeout of a hub call, including the wait for the budget of the tier. */
const CALL_TIMEOUT_MS = 60_000;

/** The roll-outs of one hub: composes the driver, the notifier of events and the properties. */
export class HubRollouts {
  readonly driver: RolloutDriver;
  readonly #isEnabled: boolean;
  readonly #log: Log;
  readonly #notifier: EventNotifier;
  readonly #properties: ActiveProperties;
  /** Present if roll-outs hold while the platform is away. */
  readonly #platform: PlatformPresence | undefined;
  #stopListening: (() => void) | undefined;

  constructor(options: HubRolloutsOptions) {
    const { hub, hubName, store, things, settings, places, clock, instruments, guards, messageLimits } = options;
    const log = options.log.child({ hub: hubName });
    const keys = new RolloutKeys(hubName);
    this.#isEnabled = settings.enabled;
    this.#log = log;
    this.#notifier = new EventNotifier({
      store,
      keys,
      things: new Map(things.map((thing) => [thing.name, thing])),
      clock,
      log,
    });
    this.driver = new RolloutDriver(
      {
        keys,
        store,
        hub: withCallTimeout(hub.lane('background'), CALL_TIMEOUT_MS),
        devices: hub.devices('background'),
        places,
        busyDevices: new Set(),
        guards,
        deviceOperationsPerSecond: hub.deviceOperationsPerSecond,
        pollIntervalMs: options.pollIntervalMs,
        connectionCheckMs: settings.connectionCheckSeconds * 1000,
        continuousCheckMs: settings.continuousCheckSeconds * 1000,
        isHeld: () => settings.whenPlatformAway === 'hold' && options.platform?.isAway === true,
        clock,
        log,
        instruments,
        onChange: (record) => {
          this.#notifier.changed(record);
          this.#properties.changed();
          options.onChange?.(record.rolloutId);
        },
        onDeleted: (rolloutId) => options.onChange?.(rolloutId),
      },
      { ...settings, things: new Set(things.map(({ name }) => name)) },
    );
    const { queuedJobCount, platform } = options;
    if (settings.whenPlatformAway === 'hold') this.#platform = platform;
    this.#properties = new ActiveProperties({
      things,
      open: () => this.driver.open(),
      queuedJobCount,
      messageLimits,
      clock,
      log,
    });
  }

  /** Continues the roll-outs of an earlier process, whether or not platform and hub are reachable. */
  async start(): Promise<void> {
    try {
      if (this.#isEnabled) {
        this.#stopListening ??= this.#platform?.onChange(() => this.driver.wake());
        await this.driver.start();
        await this.#notifier.start();
      }
    } catch (error) {
      if (isOutOfReach(error)) throw error;
      this.#log.error(
        { err: error },
        'roll-outs of an earlier run cannot be read from the store; they continue after a restart of the agent',
      );
    }
    this.#properties.start();
  }

  /** To be called when the queue of plain jobs has changed. */
  queueChanged(): void {
    this.#properties.changed();
  }

  /** Stops without ending a roll-out; no further hub job begins. Idempotent. */
  async stop(): Promise<void> {
    this.#properties.stop();
    this.#stopListening?.();
    await this.driver.stop();
    await this.#notifier.stop();
  }
}

/** Limits each operation to `timeoutMs`, in addition to the deadline of its context. */
export function withCallTimeout(hub: HubOperations, timeoutMs: number): HubOperations {
  const within = async <T>(context: CallContext, run: (part: CallContext) => Promise<T>): Promise<T> => {
    const part = startPart(context, { maxMs: timeoutMs });
    try {
      return await run(part);
    } finally {
      part.dispose();
    }
  };
  return {
    scheduleJob: (context, job) => within(context, (part) => hub.scheduleJob(part, job)),
    getJob: (context, jobId) => within(context, (part) => hub.getJob(part, jobId)),
    listJobs: (context, request) => within(context, (part) => hub.listJobs(part, request)),
    cancelJob: (context, jobId) => within(context, (part) => hub.cancelJob(part, jobId)),
    query: (context, request) => within(context, (part) => hub.query(part, request)),
  };
}
