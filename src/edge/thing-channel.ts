import type { InfoTable } from '../alwayson/codec/values-model.js';
import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { OutboxLimits } from './outbox.js';

/** One Thing's way to the platform. */
export interface ThingChannel {
  /** Calls a service of the Thing on the platform. */
  call(service: string, params: InfoTable | null): Promise<InfoTable | null>;
  /** Fires an event of the Thing. */
  fire(event: string, data: InfoTable): Promise<void>;
  readonly outboxLimits: OutboxLimits;
  /** Pause before a call that failed without an answer is repeated. */
  readonly retryMs: number;
  /** Bytes of values that go into one call. */
  readonly maxBatchBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}
