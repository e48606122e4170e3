import { createHash } from 'node:crypto';

/** Hexadecimal digits of an order key: 80 bits, so that two of a million devices never share one. */
const KEY_LENGTH = 20;

/**
 * Where a device stands in the order of a roll-out that takes its devices from a condition: by this key, as text. It is the
 * same for the same two ids, and differs between roll-outs, so a canary is not always the same machines or one site.
 */
export function orderKey(rolloutId: string, deviceId: string): string {
  return createHash('sha256').update(`${rolloutId}\0${deviceId}`).digest('hex').slice(0, KEY_LENGTH);
}
