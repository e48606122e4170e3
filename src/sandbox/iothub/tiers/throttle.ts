import { type Clock, sleep } from '../../../core/clock.js';
import { TokenBucket } from '../../../core/rate-limits.js';
import { ServiceError } from '../answers/service-error.js';
import type { Limits, Operation, Rate } from './tiers.js';

/** How long a request is held back at most before it is refused. */
const MIN_SHAPING_MS = 1_000;
const MAX_SHAPING_MS = 5_000;

/**
 * Enforces the rates of a tier: first a request waits a little (the service calls it traffic shaping), then it is
 * refused.
 */
export class Throttle {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #buckets = new Map<Operation, TokenBucket>();
  readonly #deviceOperations: TokenBucket | undefined;

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#deviceOperations = limits.deviceOperations && this.#newBucket(limits.deviceOperations);
  }

  /**
   * Admits an operation, at once or after a short delay.
   * @throws ServiceError ThrottlingException (429001) when the delay would be too long.
   */
  async admit(operation: Operation, count = 1, signal?: AbortSignal): Promise<void> {
    const rate = this.#limits.rates[operation];
    if (!rate) return;
    const bucket = this.#buckets.get(operation) ?? this.#newBucket(rate);
    this.#buckets.set(operation, bucket);
    const nowMs = this.#clock.monotonicMs();
    if (bucket.waitMs(nowMs, count) > shapingMs(rate)) throw throttled(operation);
    const waitMs = bucket.reserve(nowMs, count);
    if (waitMs > 0) await sleep(this.#clock, waitMs, signal);
  }

  /** How long the next operation on a device inside a job must wait. */
  reserveDeviceOperationMs(): number {
    return this.#deviceOperations?.reserve(this.#clock.monotonicMs()) ?? 0;
  }

  #newBucket({ perSecond, burst }: Rate): TokenBucket {
    return new TokenBucket({ perSecond, capacity: burst, nowMs: this.#clock.monotonicMs() });
  }
}

/** Long enough to delay the next request of a slow rate instead of rejecting it. */
const shapingMs = ({ perSecond }: Rate): number =>
  Math.min(MAX_SHAPING_MS, Math.max(MIN_SHAPING_MS, 1_500 / perSecond));

const throttled = (operation: Operation): ServiceError =>
  new ServiceError('ThrottlingException', `Throttled: too many operations of the kind ${operation} (429001).`);
