/** At most 15 digits, so that a double holds every such number exactly. */
const DIGITS = /^\s*[+-]?\d{1,15}\s*$/u;

/**
 * Reads a whole number that may come as text: the service takes `"30"` for 30, and the Azure CLI sends its default
 * time-outs so [HUB A.1]. `undefined` for everything else.
 */
export function readWholeNumber(given: unknown): number | undefined {
  if (typeof given === 'number') return Number.isSafeInteger(given) ? given : undefined;
  return typeof given === 'string' && DIGITS.test(given) ? Number(given) : undefined;
}
