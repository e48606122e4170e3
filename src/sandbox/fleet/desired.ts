import { isDeepStrictEqual } from 'node:util';

type Section = Readonly<Record<string, unknown>>;

/**
 * Returns the desired properties that a device, which applies all of them, has yet to report; undefined if there are none.
 * Names that begin with `$` belong to the hub.
 */
export function unreported(desired: Section, reported: Section): Record<string, unknown> | undefined {
  const news = Object.entries(desired).filter(
    ([name, value]) => !name.startsWith('$') && !isDeepStrictEqual(value, reported[name] ?? null),
  );
  return news.length === 0 ? undefined : Object.fromEntries(news);
}
