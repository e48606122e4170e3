import type { InfoTable } from '../alwayson/codec/values-model.js';
import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { OutboxLimits } from './outbox.js';

/** Sends the calls and events of one Thing to the platform. */
export interface ThingChannel {
  /** Calls a service of the Thing on the platform. */
  call(service: string, params: InfoTable | null): Promise<InfoTable | null>;
  /** Fires an event of the Thing. */
  fire(event: string, data: InfoTable): Promise<void>;
  readonly outboxLimits: OutboxLimits;
  /** Pause before a call is repeated that failed without a response. */
  readonly retryMs: number;
  /** The most bytes of values in one call. */
  readonly maxBatchBytes: number;
  /** Called with the difference when the number of waiting entries has changed. */
  readonly onQueued: (queue: 'events' | 'properties', change: number) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}
