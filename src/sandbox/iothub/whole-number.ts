/** At most 15 digits, which a double represents exactly. */
const DIGITS = /^\s*[+-]?\d{1,15}\s*$/u;

/**
 * Reads a whole number that may be text: the service accepts `"30"` for 30, and the Azure CLI sends its default
 * timeouts like that [HUB A.1]. Undefined for everything else.
 */
export function readWholeNumber(given: unknown): number | undefined {
  if (typeof given === 'number') return Number.isSafeInteger(given) ? given : undefined;
  return typeof given === 'string' && DIGITS.test(given) ? Number(given) : undefined;
}
