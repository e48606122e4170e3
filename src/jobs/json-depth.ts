/** Deeper values could overflow the stack of the code that writes them, here and on the platform. */
export const MAX_JSON_DEPTH = 500;

/** Whether a JSON value is nested more than `MAX_JSON_DEPTH` levels deep. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= MAX_JSON_DEPTH) return true;
  for (const member of Object.values(value))
    if (typeof member === 'object' && isTooDeep(member, depth + 1)) return true;
  return false;
}
