import type { CST } from 'yaml';

/**
 * How deep the collections of a text are nested, counted without recursion: the reader that follows recurses, and must
 * not be handed a text that would exhaust its stack. Stops counting just above `enough`.
 */
export function documentDepth(tokens: readonly CST.Token[], enough: number): number {
  let deepest = 0;
  let level: CST.Token[] = [...tokens];
  while (level.length > 0 && deepest <= enough) {
    const next = level.flatMap(childrenOf);
    if (next.some(isCollection)) deepest += 1;
    level = next;
  }
  return deepest;
}

const isCollection = (token: CST.Token): boolean =>
  token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap((item) => [item.key, item.value].filter((part): part is CST.Token => Boolean(part)));
}
