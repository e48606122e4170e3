import { MAX_PATTERN_TEXT_LENGTH } from '../parameter-types.js';
import { ambiguityOf } from '../patterns/ambiguity.js';
import { PatternError, parsePattern } from '../patterns/syntax.js';
import { compile } from '../patterns/program.js';

const MAX_PATTERN_LENGTH = 200;

/** Maximum number of paths through a pattern, as a power of two: two open repeats of the longest text. */
const MAX_AMBIGUITY_BITS = 26;

/**
 * Why a pattern is refused; undefined if it is accepted. It must mean the same in ThingWorx scripts (ECMAScript 5) and in
 * the agent. The agent's matching is bounded for every pattern; the regular expressions of ThingWorx are not, so a pattern
 * with too many paths is refused.
 * @param maxLength of the parameter, if it has one.
 */
export function problemWithPattern(pattern: string, maxLength = MAX_PATTERN_TEXT_LENGTH): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) return `must have at most ${MAX_PATTERN_LENGTH} characters`;
  if (/\(\?<|\\[pPkux]\{|\\k</.test(pattern)) return 'uses a notation that ThingWorx scripts do not support';
  try {
    void new RegExp(pattern);
    void new RegExp(pattern, 'u');
  } catch {
    return 'is not a regular expression';
  }
  try {
    const tree = parsePattern(pattern);
    compile(tree);
    return problemWithWork(ambiguityOf(tree, Math.min(maxLength, MAX_PATTERN_TEXT_LENGTH)));
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

function problemWithWork({ kind, bits }: ReturnType<typeof ambiguityOf>): string | undefined {
  if (kind === 'exponential') {
    return 'repeats a group that can match the same text in several ways, which can take for ever; make the ways exclusive';
  }
  if (kind === 'lookahead') {
    return 'looks far ahead in every round of a repeat, which can take for ever; move the lookahead out of the repeat';
  }
  if (kind === 'unknown') return 'is too complex to be checked; make it simpler';
  if (bits <= MAX_AMBIGUITY_BITS) return undefined;
  return 'has several repeats in a row that can match the same text, which can take for ever; separate them, or set a smaller maxLength';
}
