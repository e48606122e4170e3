import { isDeepStrictEqual } from 'node:util';

type Section = Readonly<Record<string, unknown>>;

/**
 * What a device that applies all its desired properties has yet to report; `undefined` when that is nothing.
 * Names that begin with `$` are the hub's own.
 */
export function unreported(desired: Section, reported: Section): Record<string, unknown> | undefined {
  const news = Object.entries(desired).filter(
    ([name, value]) => !name.startsWith('$') && !isDeepStrictEqual(value, reported[name] ?? null),
  );
  return news.length === 0 ? undefined : Object.fromEntries(news);
}
