import { invalidParameter } from '../../edge/parameter-rules.js';
import type { Window } from '../windows.js';
import { integerAt, objectAt, smallListOf } from './json-list.js';

const MAX_WINDOWS = 20;
const MINUTES = { minimum: 1, maximum: 10_080 } as const;

/**
 * The parameter `windows`; undefined if it is absent. The patterns are checked where they are used.
 * @throws AgentError `InvalidArgument` naming `windows` and the place in it.
 */
export function readWindows(given: unknown): readonly Window[] | undefined {
  return smallListOf('windows', given, MAX_WINDOWS)?.map((item, index) => {
    const place = `windows[${index}]`;
    const { start, durationMinutes } = objectAt('windows', item, place, ['start', 'durationMinutes']);
    if (typeof start !== 'string') throw invalidParameter('windows', `is wrong: ${place}.start must be a cron pattern`);
    return { start, durationMinutes: integerAt('windows', durationMinutes, `${place}.durationMinutes`, MINUTES) };
  });
}
