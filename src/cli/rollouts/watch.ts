import { setTimeout as pause } from 'node:timers/promises';
import { isAgentError, messageOf } from '../../core/errors.js';
import type { CommandIo } from '../command-io.js';
import { EXIT } from '../exit-codes.js';
import { ProgressLine } from '../invoke/progress.js';
import { mayPass } from '../invoke/wait.js';
import { type OutputFormat, printJson, printLine } from '../output.js';
import { countOf, devicePages, getRollout, type RolloutOfThing, type Row } from './calls.js';
import { rolloutProgress, rolloutReport } from './rollout-text.js';

const FIRST_INTERVAL_MS = 100;
const INTERVAL_MS = 1000;
/** Maximum number of consecutive failed calls. */
const MAX_FAILURES = 30;
const MAX_LISTED = 1000;
/** States that end a wait. A paused roll-out is one of them, because only a user can continue it. */
const ENDS: ReadonlySet<unknown> = new Set(['completed', 'cancelled', 'failed', 'paused']);
/** Device states of failure, with the count of the roll-out that includes them. */
const FAILURE_STATES = {
  refused: 'refused',
  failed: 'failed',
  timedOut: 'failed',
  offline: 'failed',
  unverified: 'failed',
  notFound: 'failed',
} as const;

export interface WatchOptions extends RolloutOfThing {
  /** Maximum pause between two polls, in milliseconds; the first ones are shorter. Default 1000. */
  readonly intervalMs?: number;
}

/** Whether an id that a service has returned is the id of a roll-out. */
export async function isRollout(options: WatchOptions): Promise<boolean> {
  try {
    await persistently(options, () => getRollout(options), undefined);
    return true;
  } catch (error) {
    if (isAgentError(error, 'RequestRefused') && !mayPass(error)) return false;
    throw error;
  }
}

/**
 * Follows a roll-out until it has ended or pauses, prints how, and sets the exit status: 0 only for the outcome
 * `succeeded`.
 */
export async function watchRollout(io: CommandIo, options: WatchOptions, output: OutputFormat): Promise<void> {
  if (output === 'text') printLine(io, options.rolloutId);
  const rollout = await untilEnd(io, options);
  const failed = await failedDevices(options, rollout);
  const listed = failed.slice(0, MAX_LISTED);
  const hasMore = failed.length > MAX_LISTED;
  if (output === 'json')
    printJson(io, {
      rolloutId: options.rolloutId,
      rollout,
      failedDevices: listed,
      ...(hasMore ? { moreFailedDevices: true } : {}),
    });
  else printLine(io, rolloutReport(rollout, listed, hasMore));
  io.exit(rollout['outcome'] === 'succeeded' ? EXIT.done : EXIT.failed);
}

async function untilEnd(io: CommandIo, options: WatchOptions): Promise<Row> {
  const progress = new ProgressLine(io);
  const longestMs = options.intervalMs ?? INTERVAL_MS;
  try {
    for (let poll = 0; ; poll += 1) {
      const { rows } = await persistently(options, () => getRollout(options), progress);
      const [row = {}] = rows;
      progress.text(rolloutProgress(row));
      if (ENDS.has(row['state'])) return row;
      await pause(Math.min(longestMs, FIRST_INTERVAL_MS * 2 ** Math.min(poll, 10)));
    }
  } finally {
    progress.clear();
  }
}

/** Repeats a call while platform or agent are unreachable; other errors are thrown at once. */
async function persistently<T>(
  { intervalMs = INTERVAL_MS }: WatchOptions,
  ask: () => Promise<T>,
  progress: ProgressLine | undefined,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!mayPass(error) || failures >= MAX_FAILURES) throw error;
      progress?.waiting(messageOf(error));
      await pause(intervalMs);
    }
  }
}

/** Reads the devices that failed: at most one more than are listed, which shows that there are more. */
async function failedDevices(options: WatchOptions, rollout: Row): Promise<Row[]> {
  const failed: Row[] = [];
  for (const [state, count] of Object.entries(FAILURE_STATES)) {
    if (countOf(rollout, count) === 0) continue;
    for await (const rows of devicePages(options, { state })) {
      failed.push(...rows);
      if (failed.length > MAX_LISTED) return failed.slice(0, MAX_LISTED + 1);
    }
  }
  return failed;
}
