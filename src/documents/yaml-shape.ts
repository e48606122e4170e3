import type { CST } from 'yaml';
import { type DocumentLimits, type NotationFault, tooDeep, tooManyKeys } from './notation.js';

/**
 * Checks depth and width of a text before it is composed, level by level without recursion: composing recurses, and must
 * not be handed a text that would exhaust its stack.
 */
export function shapeFault(tokens: readonly CST.Token[], limits: DocumentLimits): NotationFault | undefined {
  let depth = 0;
  let level: CST.Token[] = [...tokens];
  while (level.length > 0) {
    const next: CST.Token[] = [];
    for (const token of level) for (const child of childrenOf(token)) next.push(child);
    const wide = next.find((token) => isCollection(token) && token.items.length > limits.maxKeys && isMapOf(token));
    if (wide) return tooManyKeys(limits, wide.offset);
    if (next.some(isCollection)) depth += 1;
    if (depth > limits.maxDepth) return tooDeep(limits);
    level = next;
  }
  return undefined;
}

type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;

const isCollection = (token: CST.Token): token is Collection =>
  token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';

const isMapOf = (token: CST.Token): boolean =>
  token.type === 'block-map' || (token.type === 'flow-collection' && token.start.type === 'flow-map-start');

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap((item) => [item.key, item.value].filter((part): part is CST.Token => Boolean(part)));
}
