import { type CallContext, remainingMs } from '../core/call-context.js';
import { type Clock, sleep } from '../core/clock.js';
import { AgentError } from '../core/errors.js';
import { TokenBucket } from '../core/rate-limits.js';
import { isDeadline } from './connection-errors.js';
import { BudgetMeter } from './budget-meter.js';
import type { BudgetUse, HubLane, MeteredBudget } from './ports.js';
import type { Budget, BudgetLimit, TierLimits } from './tier-limits.js';

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
  readonly limit: BudgetLimit;
  readonly users: TokenBucket;
  readonly background: TokenBucket;
  readonly usersCapacity: number;
  readonly backgroundCapacity: number;
}

/** One request for a part of a budget. */
interface Taking {
  readonly budget: Budget;
  readonly shares: Shares;
  readonly units: number;
}

/** How a budget is called in a sentence. */
const NAMES: Readonly<Record<Budget, string>> = {
  jobOperations: 'job operations',
  queries: 'queries',
  twinReads: 'reads of twins',
  twinUpdates: 'updates of twins',
  methodCalls: 'blocks of 4 KB of direct methods',
  identityOperations: 'operations on device identities',
};

const METERED: readonly MeteredBudget[] = ['jobOperations', 'queries'];

/** Keeps the requests to one hub within the budgets of its tier. */
export class HubThrottle {
  readonly #clock: Clock;
  readonly #shares: ReadonlyMap<string, Shares>;
  readonly #meters: ReadonlyMap<string, BudgetMeter>;

  constructor({ budgets }: TierLimits, clock: Clock) {
    this.#clock = clock;
    const limited = Object.entries(budgets).filter(([, { perMinute }]) => Number.isFinite(perMinute));
    this.#meters = new Map(METERED.map((budget) => [budget, new BudgetMeter(budgets[budget].perMinute, clock)]));
    this.#shares = new Map(limited.map(([budget, limit]) => [budget, sharesOf(limit, clock)]));
  }

  /**
   * Resolves when one request may be sent.
   * @param units of the budget that it takes.
   * @throws AgentError `HubThrottled` at once if the wait would exceed the deadline.
   */
  async take(context: CallContext, budget: Budget, lane: HubLane, units = 1): Promise<void> {
    await this.#take(context, budget, lane, units);
    this.#meters.get(budget)?.count(lane);
  }

  /** How much of a budget was used lately. */
  use(budget: MeteredBudget): BudgetUse {
    return (this.#meters.get(budget) as BudgetMeter).use();
  }

  async #take(context: CallContext, budget: Budget, lane: HubLane, units: number): Promise<void> {
    const shares = this.#shares.get(budget);
    if (!shares) return;
    const taking = { budget, shares, units };
    if (lane === 'user') await this.#takeForUser(context, taking);
    else if (lane === 'background') await this.#takeForBackground(context, taking);
    else if (!this.#takeSpare(taking)) throw refusal(context, taking, this.#userWaitMs(taking));
  }

  async #takeForUser(context: CallContext, taking: Taking): Promise<void> {
    const { budget, shares, units } = taking;
    const nowMs = this.#clock.monotonicMs();
    if (shares.users.take(nowMs, units)) return;
    const waitMs = this.#userWaitMs(taking);
    if (takeAbove(shares.background, nowMs, shares.backgroundCapacity * BACKGROUND_RESERVE, units)) return;
    if (waitMs + ATTEMPT_MS > remainingMs(context)) throw refusal(context, taking, waitMs);
    shares.users.reserve(nowMs, units);
    context.instruments.observe('hub_throttle_wait_seconds', waitMs / 1000, { budget });
    await waitFor(context, waitMs);
  }

  async #takeForBackground(context: CallContext, taking: Taking): Promise<void> {
    const { shares } = taking;
    // A request of more than the whole share would wait without end.
    const units = Math.min(taking.units, Math.max(1, Math.floor(shares.backgroundCapacity)));
    for (;;) {
      const nowMs = this.#clock.monotonicMs();
      if (shares.background.take(nowMs, units)) return;
      const reserve = shares.limit.burst * USERS_RESERVE;
      if (takeAbove(shares.users, nowMs, reserve, units)) return;
      const waitMs = Math.min(shares.background.waitMs(nowMs, units), shares.users.waitMs(nowMs, reserve + units));
      if (waitMs > remainingMs(context)) throw refusal(context, taking, waitMs);
      await waitFor(context, Math.min(waitMs, BACKGROUND_STEP_MS));
    }
  }

  #takeSpare({ shares, units }: Taking): boolean {
    return takeAbove(shares.users, this.#clock.monotonicMs(), shares.usersCapacity * SPARE_RESERVE, units);
  }

  #userWaitMs({ shares, units }: Taking): number {
    return shares.users.waitMs(this.#clock.monotonicMs(), units);
  }
}

function sharesOf(limit: BudgetLimit, clock: Clock): Shares {
  const nowMs = clock.monotonicMs();
  const backgroundCapacity = limit.burst * BACKGROUND_SHARE;
  const usersCapacity = limit.burst - backgroundCapacity;
  const perSecond = limit.perMinute / 60;
  return {
    limit,
    usersCapacity,
    backgroundCapacity,
    users: new TokenBucket({ perSecond: perSecond * (1 - BACKGROUND_SHARE), capacity: usersCapacity, nowMs }),
    background: new TokenBucket({ perSecond: perSecond * BACKGROUND_SHARE, capacity: backgroundCapacity, nowMs }),
  };
}

/** Takes tokens if at least `reserve` remain. */
function takeAbove(bucket: TokenBucket, nowMs: number, reserve: number, units: number): boolean {
  return bucket.waitMs(nowMs, reserve + units) === 0 && bucket.take(nowMs, units);
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

function refusal(context: CallContext, { budget, shares }: Taking, waitMs: number): AgentError {
  context.instruments.count('hub_throttles_total', { by: 'agent' });
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new AgentError(
    'HubThrottled',
    `The tier of the hub allows ${Math.round(shares.limit.perMinute)} ${NAMES[budget]} a minute, which are used up for the next ${seconds} s; ` +
      'call less often, or raise the tier or the number of units.',
    { context: { budget, waitSeconds: seconds } },
  );
}
