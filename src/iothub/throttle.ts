import { type CallContext, remainingMs } from '../core/call-context.js';
import { type Clock, sleep } from '../core/clock.js';
import { AgentError } from '../core/errors.js';
import { TokenBucket } from '../core/token-bucket.js';
import { isDeadline } from './connection-errors.js';
import type { HubLane } from './ports.js';
import type { TierLimits } from './tier-limits.js';

/** The two budgets of a hub. */
export type Budget = 'jobOperations' | 'queries';

/** The background lane's share of a budget. Users may use most of it while that lane is idle. */
const BACKGROUND_SHARE = 0.25;
/** The fraction of that share that users never take, so that steady load from users does not stop the background lane. */
const BACKGROUND_RESERVE = 0.3;
/**
 * The fraction of the whole budget that always stays for users when the background lane takes what they have left unused
 * in the last minute. That much remains in their bucket.
 */
const USERS_RESERVE = 0.25;
/** The users' bucket must be fuller than this fraction of it before the spare lane takes from it. */
const SPARE_RESERVE = 0.5;
/** The time that must be left for a request when it is sent. */
const ATTEMPT_MS = 1000;
const BACKGROUND_STEP_MS = 1000;

interface Shares {
  readonly perMinute: number;
  readonly users: TokenBucket;
  readonly background: TokenBucket;
  readonly usersCapacity: number;
  readonly backgroundCapacity: number;
}

/** Keeps the requests to one hub within the budgets of its tier. */
export class HubThrottle {
  readonly #clock: Clock;
  readonly #shares: Readonly<Record<Budget, Shares | undefined>>;

  constructor(limits: TierLimits, clock: Clock) {
    this.#clock = clock;
    this.#shares = {
      jobOperations: sharesOf(limits.jobOperationsPerMinute, clock),
      queries: sharesOf(limits.queriesPerMinute, clock),
    };
  }

  /**
   * Resolves when one request may be sent.
   * @throws AgentError `HubThrottled` at once if the wait would exceed the deadline.
   */
  async take(context: CallContext, budget: Budget, lane: HubLane): Promise<void> {
    const shares = this.#shares[budget];
    if (!shares) return;
    if (lane === 'user') await this.#takeForUser(context, budget, shares);
    else if (lane === 'background') await this.#takeForBackground(context, budget, shares);
    else if (!this.#takeSpare(shares)) throw refusal(context, budget, shares.perMinute, this.#userWaitMs(shares));
  }

  async #takeForUser(context: CallContext, budget: Budget, shares: Shares): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (shares.users.take(nowMs)) return;
    const waitMs = this.#userWaitMs(shares);
    if (takeAbove(shares.background, nowMs, shares.backgroundCapacity * BACKGROUND_RESERVE)) return;
    if (waitMs + ATTEMPT_MS > remainingMs(context)) throw refusal(context, budget, shares.perMinute, waitMs);
    shares.users.reserve(nowMs);
    context.instruments.observe('hub_throttle_wait_seconds', waitMs / 1000, { budget });
    await waitFor(context, waitMs);
  }

  async #takeForBackground(context: CallContext, budget: Budget, shares: Shares): Promise<void> {
    for (;;) {
      const nowMs = this.#clock.monotonicMs();
      if (shares.background.take(nowMs)) return;
      const reserve = shares.perMinute * USERS_RESERVE;
      if (takeAbove(shares.users, nowMs, reserve)) return;
      const waitMs = Math.min(shares.background.waitMs(nowMs), shares.users.waitMs(nowMs, reserve + 1));
      if (waitMs > remainingMs(context)) throw refusal(context, budget, shares.perMinute, waitMs);
      await waitFor(context, Math.min(waitMs, BACKGROUND_STEP_MS));
    }
  }

  #takeSpare(shares: Shares): boolean {
    return takeAbove(shares.users, this.#clock.monotonicMs(), shares.usersCapacity * SPARE_RESERVE);
  }

  #userWaitMs(shares: Shares): number {
    return shares.users.waitMs(this.#clock.monotonicMs());
  }
}

function sharesOf(perMinute: number, clock: Clock): Shares | undefined {
  if (!Number.isFinite(perMinute)) return undefined;
  const nowMs = clock.monotonicMs();
  const backgroundCapacity = perMinute * BACKGROUND_SHARE;
  const usersCapacity = perMinute - backgroundCapacity;
  return {
    perMinute,
    usersCapacity,
    backgroundCapacity,
    users: new TokenBucket({ perSecond: usersCapacity / 60, capacity: usersCapacity, nowMs }),
    background: new TokenBucket({ perSecond: backgroundCapacity / 60, capacity: backgroundCapacity, nowMs }),
  };
}

/** Takes one token if at least `reserve` remain. */
function takeAbove(bucket: TokenBucket, nowMs: number, reserve: number): boolean {
  return bucket.waitMs(nowMs, reserve + 1) === 0 && bucket.take(nowMs);
}

async function waitFor(context: CallContext, waitMs: number): Promise<void> {
  try {
    await sleep(context.clock, waitMs, context.signal);
  } catch {
    throw isDeadline(context)
      ? new AgentError(
          'HubThrottled',
          'The call timed out waiting for hub quota; call less often, or raise the tier or the number of units.',
        )
      : new AgentError('ServiceUnavailable', 'The call ended while it was waiting for hub quota.');
  }
}

function refusal(context: CallContext, budget: Budget, perMinute: number, waitMs: number): AgentError {
  context.instruments.count('hub_throttles_total', { by: 'agent' });
  const what = budget === 'queries' ? 'queries' : 'job operations';
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new AgentError(
    'HubThrottled',
    `The tier of the hub allows ${Math.round(perMinute)} ${what} a minute, which are used up for the next ${seconds} s; ` +
      'call less often, or raise the tier or the number of units.',
    { context: { budget, waitSeconds: seconds } },
  );
}
