import { noInstruments } from '../../../src/core/instruments.js';
import { silentLog } from '../../../src/core/log.js';
import { createHubPort } from '../../../src/iothub/hub-port.js';
import type { HubPort, HubTier } from '../../../src/iothub/ports.js';
import { tierLimits } from '../../../src/iothub/tier-limits.js';
import { HubPlaces } from '../../../src/jobs/queue/places.js';
import { RolloutDriver } from '../../../src/rollouts/driver/driver.js';
import type { RolloutEnvironment } from '../../../src/rollouts/environment.js';
import { withCallTimeout } from '../../../src/rollouts/hub-rollouts.js';
import { RolloutKeys } from '../../../src/rollouts/records/keys.js';
import type { NewRollout } from '../../../src/rollouts/records/head.js';
import type { HistoryEntry, RolloutDefinition, RolloutRecord } from '../../../src/rollouts/records/records.js';
import type { OpenRollout } from '../../../src/rollouts/driver/open-rollout.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { NO_DEVICES } from '../iothub/no-devices.js';
import { ManualClock } from '../manual-clock.js';
import { JobHub } from './job-hub.js';

export const DEFINITION: RolloutDefinition = {
  methodName: 'reboot',
  responseTimeoutInSeconds: 30,
  connectTimeoutInSeconds: 30,
  expiresAfterSeconds: 604_800,
  batchGrowth: 1,
  promotion: 'automatic',
  successPercent: 0,
  soakSeconds: 0,
  abort: [],
  retries: 0,
  retryOn: ['offline'],
  retryDelaySeconds: 60,
  offlineDevices: 'try',
  verifyTimeoutInSeconds: 600,
  windows: [],
  timeZone: 'UTC',
};

export interface RigOptions {
  readonly devices?: number;
  readonly maxJobs?: number;
  readonly environment?: Partial<RolloutEnvironment>;
  /** The tier whose budgets apply; unlimited if absent. */
  readonly tier?: HubTier;
  readonly store?: Store;
  readonly maxOpen?: number;
}

/** A driver with a hub in memory and a manual clock. */
export class RolloutRig {
  readonly clock = new ManualClock();
  readonly hub: JobHub;
  readonly changes: RolloutRecord[] = [];
  readonly store: Store;
  /** The hub within the budgets of its tier. */
  readonly port: HubPort;
  driver: RolloutDriver;
  /** Parts of the environment that a restart replaces. */
  environment: Partial<RolloutEnvironment>;
  readonly #options: RigOptions;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    this.store = options.store ?? new MemoryStore();
    this.environment = options.environment ?? {};
    const devices = Array.from({ length: options.devices ?? 10 }, (_, index) => deviceId(index));
    this.hub = new JobHub(this.clock, devices);
    this.port = createHubPort({
      hostName: 'hub.test',
      operations: this.hub.operations,
      devices: NO_DEVICES,
      limits: tierLimits(options.tier ?? 'unlimited', 1),
      clock: this.clock,
      close: () => undefined,
    });
    this.driver = this.#newDriver();
  }

  /** Abandons the driver, as kill -9 does, and starts another one on the same store. */
  async restart(): Promise<void> {
    void this.driver.stop();
    this.driver = this.#newDriver();
    await this.driver.start();
  }

  async start(
    rolloutId: string,
    definition: Partial<RolloutDefinition> = {},
    more: Partial<NewRollout> = {},
  ): Promise<void> {
    const whole = { ...DEFINITION, ...(more.deviceIds ? {} : { queryCondition: '*' }), ...definition };
    const ids = more.deviceIds;
    await this.driver.create(
      {
        rolloutId,
        thing: 'Hub',
        definition: ids ? { ...whole, deviceIds: { count: ids.length, digest: '' } } : whole,
        startMs: this.clock.nowMs(),
        needsApproval: false,
        ...more,
      },
      async () => undefined,
    );
  }

  async record(rolloutId: string): Promise<RolloutRecord> {
    return (await this.driver.status(rolloutId)).record;
  }

  /** Returns what the roll-out waits for. */
  async waitingFor(rolloutId: string): Promise<string | undefined> {
    return (await this.driver.status(rolloutId)).waiting?.waitingFor;
  }

  async command(rolloutId: string, run: (work: OpenRollout) => Promise<void>): Promise<RolloutRecord> {
    return (await this.driver.command(rolloutId, run)).record;
  }

  /** Returns the state of every device by id. */
  async deviceStates(rolloutId: string): Promise<Record<string, string>> {
    const states: Record<string, string> = {};
    for await (const { device } of this.driver.devices(await this.record(rolloutId)))
      states[device.deviceId] = device.state;
    return states;
  }

  async history(rolloutId: string): Promise<readonly HistoryEntry[]> {
    return (await this.driver.details(rolloutId)).history;
  }

  /** Returns the ids of the hub jobs so far, without the nonce. */
  async jobIds(rolloutId: string): Promise<string[]> {
    const { nonce } = await this.record(rolloutId);
    return [...this.hub.jobs.keys()].map((jobId) => jobId.replace(`${rolloutId}-${nonce}-`, ''));
  }

  /** Advances the clock until the roll-out is in one of these states. */
  async until(rolloutId: string, ...states: readonly string[]): Promise<RolloutRecord> {
    for (let seconds = 0; seconds < 100_000; seconds += 1) {
      const record = await this.record(rolloutId);
      if (states.includes(record.state)) return record;
      await this.clock.advanceAsync(1000);
    }
    throw new Error(`still ${JSON.stringify(await this.driver.status(rolloutId))}`);
  }

  #newDriver(): RolloutDriver {
    const environment: RolloutEnvironment = {
      keys: new RolloutKeys('main'),
      store: this.store,
      hub: withCallTimeout(this.port.lane('background'), 60_000),
      devices: this.hub.deviceOperations,
      places: new HubPlaces(this.#options.maxJobs ?? 1, this.clock),
      busyDevices: new Set(),
      guards: {},
      deviceOperationsPerSecond: 10,
      pollIntervalMs: 2000,
      connectionCheckMs: 60_000,
      continuousCheckMs: 300_000,
      isHeld: () => false,
      clock: this.clock,
      log: silentLog,
      instruments: noInstruments,
      onChange: (record) => void this.changes.push(record),
      ...this.environment,
    };
    return new RolloutDriver(environment, {
      maxOpen: this.#options.maxOpen ?? 100,
      historyDays: 365,
      things: new Set(['Hub']),
    });
  }
}

export const deviceId = (index: number): string => `device-${String(index).padStart(4, '0')}`;
