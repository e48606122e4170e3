const MAX_DEPTH = 32;

/** What is wrong with a value that is to be written as JSON into every payload. */
export function problemWithJson(value: unknown, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} levels deep`;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'has a number that is not finite';
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (Array.isArray(value)) return firstProblem(value, depth);
  if (typeof value !== 'object') return 'is not JSON';
  if (Object.getPrototypeOf(value) !== Object.prototype) return 'is not JSON';
  return Object.hasOwn(value, '__proto__')
    ? 'must not use the name __proto__'
    : firstProblem(Object.values(value), depth);
}

function firstProblem(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const problem = problemWithJson(value, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
