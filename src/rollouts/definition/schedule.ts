/** The maintenance windows of a call and their time zone. */
import { problemWithPattern } from '../plan/cron-pattern.js';
import { problemWithTimeZone, type Window } from '../plan/windows.js';
import { type Fault, type FaultPath, integerFaults, isObject, objectFaults } from './faults.js';
import { ROLLOUT_DEFAULTS, type StartArguments } from './parameters.js';
import { type ListRules, readList } from './json-list.js';

const MINUTES = { minimum: 1, maximum: 10_080 } as const;

/** The parameter `windows`, without what depends on the time zone: the patterns are checked where they are used. */
export const WINDOWS: ListRules = { parameter: 'windows', maxItems: 20, itemFaults: windowFaults };

/**
 * Reads the parameter `windows`, without checking the patterns; undefined if it is absent.
 * @throws AgentError `InvalidArgument` naming the path of the invalid value.
 */
export function readWindows(given: unknown): readonly Window[] | undefined {
  const list = readList(given, WINDOWS) as readonly Window[] | undefined;
  return list?.map(({ start, durationMinutes }) => ({ start, durationMinutes }));
}

function* windowFaults(item: unknown, path: FaultPath): Generator<Fault> {
  yield* objectFaults(item, path, ['start', 'durationMinutes']);
  if (!isObject(item)) return;
  if (typeof item['start'] !== 'string') yield { path: [...path, 'start'], problem: 'must be a cron pattern' };
  yield* integerFaults(item['durationMinutes'], [...path, 'durationMinutes'], MINUTES);
}

/** What is wrong with the parameter `recurrence` in a known time zone. */
export function* recurrenceFaults(recurrence: string, timeZone: string): Generator<Fault> {
  const problem = problemWithPattern(recurrence, timeZone);
  if (problem !== undefined) yield { path: ['recurrence'], problem };
}

/** What is wrong with time zone and patterns, which `WINDOWS` does not check. */
export function* scheduleFaults(args: StartArguments): Generator<Fault> {
  const { windows, recurrence, timeZone = ROLLOUT_DEFAULTS.timeZone } = args;
  const problem = problemWithTimeZone(timeZone);
  if (problem !== undefined) yield { path: ['timeZone'], problem };
  // Patterns are checked even if their zone is invalid, because whether they ever occur hardly depends on it.
  const zone = problem === undefined ? timeZone : ROLLOUT_DEFAULTS.timeZone;
  if (recurrence !== undefined) yield* recurrenceFaults(recurrence, zone);
  if (!Array.isArray(windows)) return;
  for (const [index, item] of (windows as readonly unknown[]).entries()) {
    const start = isObject(item) ? item['start'] : undefined;
    const wrong = typeof start === 'string' ? problemWithPattern(start, zone) : undefined;
    if (wrong !== undefined) yield { path: ['windows', index, 'start'], problem: wrong };
  }
}
