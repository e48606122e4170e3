import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { HubOperations } from '../iothub/ports.js';
import type { Guards } from '../jobs/guards.js';
import type { HubPlaces } from '../jobs/queue/places.js';
import type { Store } from '../store/store.js';
import type { RolloutKeys } from './records/keys.js';
import type { RolloutRecord } from './records/records.js';

/** What the operator forbids of roll-outs, beyond the guards of jobs. */
export interface RolloutGuards extends Guards {
  readonly maxDevicesPerRollout?: number | undefined;
  /** Roll-outs on more devices wait for approval. */
  readonly approvalAbove?: number | undefined;
}

/** What all roll-outs of one hub share. */
export interface RolloutEnvironment {
  readonly keys: RolloutKeys;
  readonly store: Store;
  /** The watcher's lane: users go first. Each call ends by itself in a bounded time. */
  readonly hub: HubOperations;
  readonly places: HubPlaces;
  /** Devices in open hub jobs of roll-outs. */
  readonly busyDevices: Set<string>;
  readonly guards: RolloutGuards;
  /** How many devices a second the tier serves inside jobs; Infinity when it is not limited. */
  readonly deviceOperationsPerSecond: number;
  /** Between two looks at an open hub job. */
  readonly lookIntervalMs: number;
  readonly connectionCheckMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
  /** Called after every step that was stored. */
  readonly onChange: (record: RolloutRecord) => void;
}
