import { isObject } from '../model/section.js';

type Json = Readonly<Record<string, unknown>>;

/** What a device must merge to have nothing any more: a device removes only the keys that it sees as null. */
export const clearingPatch = (properties: Json): Json =>
  Object.fromEntries(Object.keys(properties).map((key) => [key, null]));

/** What a device must merge to come from `before` to `after`, with all of `after` in it. */
export function replacingPatch(before: Json, after: Json): Json {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    patch[key] = isObject(value) && isObject(old) ? replacingPatch(old, value) : value;
  }
  return patch;
}
