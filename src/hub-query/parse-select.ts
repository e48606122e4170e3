import { parseAloneStandingPath, parseName } from './parse-path.js';
import type { AggregateFunction, SelectItem } from './syntax.js';
import type { TokenStream } from './token-stream.js';

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
  return tokens.acceptWord('AS') ? { ...item, alias: parseName(tokens, 'expected an alias') } : item;
}

function parseProjection(tokens: TokenStream): SelectItem {
  return { kind: 'path', path: parseAloneStandingPath(tokens) };
}

function parseAggregate(tokens: TokenStream, word: string): SelectItem {
  const name = AGGREGATES.find((candidate) => candidate === word);
  if (!name) throw tokens.invalid(`the functions that can be selected are ${AGGREGATES.join(', ')}`);
  tokens.next();
  tokens.expectSymbol('(');
  if (name === 'COUNT') {
    if (!tokens.acceptSymbol(')')) throw tokens.invalid('COUNT takes nothing in its brackets: COUNT()');
    return { kind: 'aggregate', function: name };
  }
  const path = parseAloneStandingPath(tokens);
  tokens.expectSymbol(')');
  return { kind: 'aggregate', function: name, path };
}
