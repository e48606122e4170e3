import type { Window } from '../plan/windows.js';
import { type Fault, type FaultPath, integerFaults, isObject, objectFaults } from './faults.js';
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
