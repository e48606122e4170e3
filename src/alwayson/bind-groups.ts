import type { Grouping } from './session-types.js';

/** Header (15 bytes), gateway flag and name count [AO 5.2]. */
const FIXED_BYTES = 15 + 1 + 2;
/** A string with its length, which takes four bytes from 128 on [AO 3.1]. */
const stringBytes = (text: string): number => {
  const bytes = Buffer.byteLength(text);
  return bytes + (bytes < 128 ? 1 : 4);
};
const MAX_NAMES = 0xffff;

/**
 * Divides names into groups whose BIND fits one frame: whether platforms read a chunked BIND is not known [AO 5.2].
 * A name that is too long for a frame is a group of its own.
 */
export function bindGroups(
  maxFrameBytes: number,
  gateway: { readonly name: string; readonly type: string } | null,
): Grouping {
  const availableBytes =
    maxFrameBytes - FIXED_BYTES - (gateway ? stringBytes(gateway.name) + stringBytes(gateway.type) : 0);
  return (names) => {
    const groups: string[][] = [];
    let used = Number.POSITIVE_INFINITY;
    for (const name of names) {
      const bytes = stringBytes(name);
      const last = groups.at(-1);
      if (last && used + bytes <= availableBytes && last.length < MAX_NAMES) {
        last.push(name);
        used += bytes;
      } else {
        groups.push([name]);
        used = bytes;
      }
    }
    return groups;
  };
}
