import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { DeviceOperations } from '../iothub/device-ports.js';
import type { HubOperations } from '../iothub/ports.js';
import type { Guards } from '../jobs/guards.js';
import type { HubPlaces } from '../jobs/queue/places.js';
import type { Store } from '../store/store.js';
import type { RolloutKeys } from './records/keys.js';
import type { RolloutRecord } from './records/records.js';

/** The guards of roll-outs, in addition to those of jobs. */
export interface RolloutGuards extends Guards {
  readonly maxDevicesPerRollout?: number | undefined;
  /** Roll-outs for more devices than this wait for approval. */
  readonly approvalAbove?: number | undefined;
}

/** The connection to ThingWorx, as far as roll-outs depend on it. */
export interface PlatformPresence {
  /** Whether no Thing is bound. */
  readonly isAway: boolean;
  /** Calls `listener` whenever that changes. Returns a function that unsubscribes. */
  onChange(listener: () => void): () => void;
}

/** The dependencies that all roll-outs of one hub share. */
export interface RolloutEnvironment {
  readonly keys: RolloutKeys;
  readonly store: Store;
  /** The background lane, in which calls of users have priority. Each call times out by itself. */
  readonly hub: HubOperations;
  /** The operations on one device, in the same lane. */
  readonly devices: DeviceOperations;
  readonly places: HubPlaces;
  /** Ids of the devices in open hub jobs of roll-outs. */
  readonly busyDevices: Set<string>;
  readonly guards: RolloutGuards;
  /** Devices per second that the tier processes in jobs; Infinity if it is not limited. */
  readonly deviceOperationsPerSecond: number;
  /** Time between two polls of an open hub job. */
  readonly pollIntervalMs: number;
  readonly connectionCheckMs: number;
  /** Time between two walks over the condition of a continuous roll-out. */
  readonly continuousCheckMs: number;
  /** Whether nothing may begin at the moment, because the platform is away. */
  readonly isHeld: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
  /** Called after each transaction. */
  readonly onChange: (record: RolloutRecord) => void;
  /** Called after a roll-out was deleted. */
  readonly onDeleted?: (rolloutId: string) => void;
}
