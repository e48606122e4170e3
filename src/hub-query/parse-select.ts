import { parsePath } from './parse-expression.js';
import type { AggregateFunction, SelectItem } from './syntax.js';
import type { TokenStream } from './token-stream.js';
import { KEYWORDS, REFUSED_WORDS } from './words.js';

const AGGREGATES: readonly AggregateFunction[] = ['COUNT', 'AVG', 'SUM', 'MIN', 'MAX'];

/** Reads the number after TOP. */
export function parseTop(tokens: TokenStream): number {
  const token = tokens.peek();
  if (token.kind !== 'number' || !Number.isSafeInteger(token.value)) throw tokens.invalid('expected a whole number');
  return tokens.next().value as number;
}

/** Reads what stands between SELECT and FROM. */
export function parseSelectList(tokens: TokenStream): '*' | readonly SelectItem[] {
  if (tokens.acceptSymbol('*')) return '*';
  const items: SelectItem[] = [];
  do items.push(parseItem(tokens));
  while (tokens.acceptSymbol(','));
  if (!tokens.isWord('FROM')) throw tokens.invalid('expected `,` or FROM');
  return items;
}

function parseItem(tokens: TokenStream): SelectItem {
  const word = tokens.peek().text.toUpperCase();
  const item = tokens.isSymbol('(', 1) ? parseAggregate(tokens, word) : parseProjection(tokens);
  if (!tokens.acceptWord('AS')) return item;
  const alias = tokens.peek();
  const taken = KEYWORDS.has(alias.text.toUpperCase()) || REFUSED_WORDS.has(alias.text.toUpperCase());
  if (alias.kind !== 'name' || taken) throw tokens.invalid('expected an alias');
  return { ...item, alias: tokens.next().text };
}

function parseProjection(tokens: TokenStream): SelectItem {
  return { kind: 'path', path: parsePath(tokens) };
}

function parseAggregate(tokens: TokenStream, word: string): SelectItem {
  const name = AGGREGATES.find((candidate) => candidate === word);
  if (!name) throw tokens.invalid(`only ${AGGREGATES.join(', ')} can be selected here`);
  tokens.next();
  tokens.expectSymbol('(');
  if (name === 'COUNT') {
    if (!tokens.acceptSymbol(')')) throw tokens.invalid('COUNT takes nothing in its brackets: COUNT()');
    return { kind: 'aggregate', function: name };
  }
  const path = parsePath(tokens);
  tokens.expectSymbol(')');
  return { kind: 'aggregate', function: name, path };
}
