import { isExponential } from './pattern-cost.js';

const MAX_PATTERN_LENGTH = 200;

/**
 * What is wrong with a pattern: it must mean the same in the scripts of ThingWorx (ECMAScript 5) and in the agent, and
 * must not be of the kind whose work grows exponentially with the text.
 */
export function problemWithPattern(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) return `must have at most ${MAX_PATTERN_LENGTH} characters`;
  if (/\(\?<|\\[pPkux]\{|\\k</.test(pattern)) return 'uses a notation that scripts of ThingWorx do not have';
  try {
    void new RegExp(pattern);
    void new RegExp(pattern, 'u');
  } catch {
    return 'is not a regular expression';
  }
  return isExponential(pattern)
    ? 'repeats a group that itself repeats without bound, which can take for ever'
    : undefined;
}
