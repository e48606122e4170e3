const MAX_DEPTH = 32;

/** Why a value cannot be written as JSON into every payload; undefined if it can. */
export function problemWithJson(value: unknown, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} levels deep`;
  if (typeof value === 'number') return problemWithNumber(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (Array.isArray(value)) return firstProblem(value, depth);
  if (typeof value !== 'object') return 'is not JSON';
  if (Object.getPrototypeOf(value) !== Object.prototype) return 'is not JSON';
  return Object.hasOwn(value, '__proto__')
    ? 'must not use the name __proto__'
    : firstProblem(Object.values(value), depth);
}

/** Numbers are written from doubles, whose digits beyond 2^53 may differ from those in the description. */
export function problemWithNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) return 'has a number that is not finite';
  const isDigits = Math.abs(value) < 1e21;
  if (Number.isSafeInteger(value) || !Number.isInteger(value) || !isDigits || value.toFixed(0) === String(value)) {
    return undefined;
  }
  return `has the whole number ${value.toFixed(0)}, which JSON cannot represent exactly; use a string`;
}

function firstProblem(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const problem = problemWithJson(value, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
