import { isAgentError } from '../../../core/errors.js';
import { omitUndefined } from '../../../core/objects.js';
import { type CronPattern, readPattern } from '../../plan/cron-pattern.js';
import type { NewRollout } from '../../records/head.js';
import type { Recurring, RolloutOutcome, RolloutRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';

/** Maximum number of missed times that one step counts, so that calls of users do not wait for all of them. */
const MAX_TIMES = 1000;

/** The outcomes of runs that do not count as failed; undefined for a run that was deleted. */
const SUCCESSFUL: ReadonlySet<RolloutOutcome | undefined> = new Set(['succeeded', 'noTargets', undefined]);

/**
 * Handles what is due in a recurring roll-out: its begin, the end of a run, times that have come, its own end. Each time of
 * the pattern either has a run or is counted as skipped, also after a crash.
 */
export async function recur(rollout: OpenRollout): Promise<void> {
  const { record, env } = rollout;
  const { recurring } = record;
  if (!recurring) return await enter(rollout, 'recurring', firstRecurring(record));
  const current = await withoutEndedRun(rollout, recurring);
  const nowMs = env.clock.nowMs();
  const { passed, nextMs = Infinity } = passedTimes(record, current, nowMs);
  const hasMore = nextMs <= nowMs;
  const last = passed.at(-1);
  // Several times have passed at once if the clock was set forward or the process was suspended; the last one has a run.
  const next = { ...withDue(current, nextMs), skipped: current.skipped + passed.length };
  if (last !== undefined && !hasMore && mayRun(rollout, current, last))
    return await startRun(rollout, { ...next, skipped: next.skipped - 1 }, last);
  const isOver = nowMs >= record.expiresMs && !hasMore && next.openRun === undefined;
  await (isOver ? enter(rollout, 'completed', next) : store(rollout, next));
}

function firstRecurring(record: RolloutRecord): Recurring {
  const dueMs = patternOf(record).after(record.startMs - 1) ?? Infinity;
  return withDue({ runs: 0, skipped: 0, failed: 0 }, dueMs < record.expiresMs ? dueMs : Infinity);
}

function patternOf({ definition: { recurrence = '', timeZone } }: RolloutRecord): CronPattern {
  const pattern = readPattern(recurrence, timeZone);
  if (typeof pattern === 'string') throw new Error(`The recurrence ${pattern}.`);
  return pattern;
}

function withDue({ dueMs: _dueMs, ...recurring }: Recurring, dueMs: number): Recurring {
  return dueMs === Infinity ? recurring : { ...recurring, dueMs };
}

/** The times that have come, oldest first, and the one after them. */
function passedTimes(
  record: RolloutRecord,
  { dueMs }: Recurring,
  nowMs: number,
): { readonly passed: readonly number[]; readonly nextMs?: number | undefined } {
  const passed: number[] = [];
  if (dueMs === undefined || dueMs > nowMs) return { passed, nextMs: dueMs };
  const pattern = patternOf(record);
  let nextMs: number | undefined = dueMs;
  while (nextMs !== undefined && nextMs <= nowMs && passed.length < MAX_TIMES) {
    passed.push(nextMs);
    nextMs = pattern.after(nextMs);
    if (nextMs !== undefined && nextMs >= record.expiresMs) nextMs = undefined;
  }
  return { passed, nextMs };
}

/** Notes the end of the open run. */
async function withoutEndedRun(rollout: OpenRollout, recurring: Recurring): Promise<Recurring> {
  if ((await rollout.isRunOver()) !== true) return recurring;
  const { openRun = '', ...rest } = recurring;
  const isFailed = !SUCCESSFUL.has(await rollout.runs?.outcomeOf(openRun));
  return { ...rest, failed: rest.failed + Number(isFailed) };
}

/** Whether a time has a run: not while another run is open or the roll-out is paused, nor if the agent was down at that time. */
const mayRun = ({ record, attentiveSinceMs }: OpenRollout, { openRun }: Recurring, atMs: number): boolean =>
  record.state === 'recurring' && openRun === undefined && atMs >= attentiveSinceMs;

/** Returns the id of a run. @param number from 1. */
export const runIdOf = (rolloutId: string, number: number): string => `${rolloutId}-r${number}`;

/** Starts a run in the same write that notes it. If there can be none, the time counts as skipped. */
async function startRun(rollout: OpenRollout, recurring: Recurring, atMs: number): Promise<void> {
  const { rolloutId } = rollout.record;
  const number = recurring.runs + 1;
  const run = await newRun(rollout, runIdOf(rolloutId, number), atMs);
  const transaction = await rollout.transaction();
  transaction.update({ recurring: { ...recurring, runs: number, openRun: run.rolloutId } });
  try {
    await rollout.commit(transaction, async (changes) => await rollout.runs?.start(run, changes));
  } catch (error) {
    if (!isAgentError(error, 'RolloutLimitReached', 'RolloutAlreadyExists')) throw error;
    rollout.env.log.warn({ err: error, rolloutId, run: run.rolloutId }, 'a run of a recurring roll-out is skipped');
    const runs = error.code === 'RolloutAlreadyExists' ? number : recurring.runs;
    await store(rollout, { ...recurring, runs, skipped: recurring.skipped + 1 });
  }
}

async function newRun({ record, env }: OpenRollout, rolloutId: string, startMs: number): Promise<NewRollout> {
  const { thing, correlationId, approvedDevices } = record;
  const { recurrence: _pattern, recurrenceEndsMs: _end, startTimeMs: _start, ...definition } = record.definition;
  const ids: string[] = [];
  for await (const [, chunk] of env.store.entries({ prefix: env.keys.idLists(record.sequence) }))
    ids.push(...(chunk as string[]));
  const deviceIds = definition.deviceIds ? ids : undefined;
  const optional = omitUndefined({ correlationId, approvedDevices, deviceIds });
  return { rolloutId, thing, definition, startMs, needsApproval: false, ...optional };
}

async function enter(rollout: OpenRollout, state: 'recurring' | 'completed', recurring: Recurring): Promise<void> {
  const transaction = await rollout.transaction();
  transaction.update({ recurring });
  transaction.enter(state);
  await rollout.commit(transaction);
}

async function store(rollout: OpenRollout, recurring: Recurring): Promise<void> {
  const transaction = await rollout.transaction();
  transaction.update({ recurring });
  await rollout.commit(transaction);
}
