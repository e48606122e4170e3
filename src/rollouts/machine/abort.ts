import {
  countOf,
  executedCount,
  FAILURE_STATES,
  type FailureState,
  FINAL_DEVICE_STATES,
  reachesPercent,
  type StateCounts,
} from './device-states.js';

/** A rule that stops a roll-out: JSON as the caller passed it, completed with defaults. */
export interface AbortCriterion {
  readonly on: FailureState | 'any' | readonly FailureState[];
  /** Above 0 to 100, two decimals; exactly one of this and `count`. */
  readonly percent?: number;
  /** From 1. */
  readonly count?: number;
  /** Devices that must be final before the criterion is evaluated; from 1. */
  readonly minimumExecuted: number;
  readonly scope: 'rollout' | 'batch';
  readonly action: 'pause' | 'cancel';
}

/** A criterion that is met, with the numbers that met it. */
export interface AbortMatch {
  /** Its position in the list. */
  readonly index: number;
  readonly criterion: AbortCriterion;
  /** The batch whose counts met it; absent for one of scope `rollout`. */
  readonly batch?: number;
  readonly matching: number;
  readonly executed: number;
}

/** The counts that criteria are evaluated on. */
export interface AbortCounts {
  readonly rollout: StateCounts;
  /** By number of the batch, for the batches whose devices have just become final. */
  readonly batches: ReadonlyMap<number, StateCounts>;
}

/**
 * Returns the criteria that are met, in their order.
 * @param countsFor returns the counts to evaluate a criterion on, by its position in the list.
 */
export function metCriteria(
  criteria: readonly AbortCriterion[],
  countsFor: (index: number) => AbortCounts,
): AbortMatch[] {
  return criteria.flatMap((criterion, index) => {
    const { rollout, batches } = countsFor(index);
    if (criterion.scope === 'rollout') return matchOf(criterion, index, rollout) ?? [];
    const matches = [...batches].map(([batch, counts]) => matchOf(criterion, index, counts, batch));
    return matches.find((match) => match !== undefined) ?? [];
  });
}

/** Counts the devices that became final after `baseline` was taken. */
export function finalSince(counts: StateCounts, baseline: StateCounts = {}): StateCounts {
  return Object.fromEntries(
    FINAL_DEVICE_STATES.map((state) => [state, Math.max(0, (counts[state] ?? 0) - (baseline[state] ?? 0))]),
  );
}

function matchOf(
  criterion: AbortCriterion,
  index: number,
  counts: StateCounts,
  batch?: number,
): AbortMatch | undefined {
  const executed = executedCount(counts);
  const matching = countOf(counts, statesOf(criterion));
  if (executed < criterion.minimumExecuted || !isMet(criterion, matching, executed)) return undefined;
  return { index, criterion, matching, executed, ...(batch === undefined ? {} : { batch }) };
}

function isMet({ percent, count }: AbortCriterion, matching: number, executed: number): boolean {
  if (count !== undefined) return matching >= count;
  return percent !== undefined && matching > 0 && reachesPercent(matching, percent, executed);
}

function statesOf({ on }: AbortCriterion): readonly FailureState[] {
  if (on === 'any') return FAILURE_STATES;
  return typeof on === 'string' ? [on] : on;
}
