import { queryInvalid } from './tokens.js';
import { parseExpression } from './parse-expression.js';
import { parseStandalonePath, parseName } from './parse-path.js';
import { stripExpression, stripPath, stripSelect } from './strip-source.js';
import type { Condition, PathExpression, Query, QuerySource, AggregateFunction, SelectItem } from './syntax.js';
import { TokenStream } from './token-stream.js';
import { KEYWORDS, REFUSED_WORDS } from './words.js';

/** The longest query or condition that the service accepts [HUB B] (Microsoft, "IoT Hub quotas and throttling"). */
export const MAX_QUERY_CHARACTERS = 8192;

/**
 * Parses a whole query: `SELECT ... FROM devices | devices.modules | devices.jobs [WHERE ...] [GROUP BY ...]`.
 * @throws AgentError `QueryInvalid` with `line`, `column` (both from 1) and `token` of the first error.
 */
export function parseQuery(text: string): Query {
  checkLength(text);
  const tokens = new TokenStream(text);
  tokens.expectWord('SELECT');
  const top = tokens.acceptWord('TOP') ? parseTop(tokens) : undefined;
  const selectToken = tokens.peek();
  const select = parseSelectList(tokens);
  const source = parseSource(tokens);
  const alias = parseAlias(tokens);
  const where = tokens.acceptWord('WHERE') ? parseExpression(tokens) : undefined;
  const groupToken = tokens.peek();
  const groupBy = parseGroupBy(tokens);
  expectEnd(tokens);
  const query: Query = {
    source,
    select: select === '*' ? '*' : stripSelect(select, source, alias),
    ...(top !== undefined && { top }),
    ...(where && { where: stripExpression(where, source, alias) }),
    ...(groupBy && { groupBy: stripPath(groupBy, source, alias) }),
  };
  const problem = problemWithJobs(query) ?? problemWithGrouping(query);
  if (problem) throw tokens.invalid(problem, query.groupBy && query.select === '*' ? groupToken : selectToken);
  return query;
}

/**
 * Parses the query condition of a job: the condition after WHERE, or `FROM devices.modules [WHERE ...]`. An empty text or
 * `*` means all devices.
 * @throws AgentError `QueryInvalid` like `parseQuery`.
 */
export function parseCondition(text: string): Condition {
  checkLength(text);
  const tokens = new TokenStream(text);
  if (tokens.acceptSymbol('*')) {
    expectEnd(tokens);
    return { source: 'devices' };
  }
  if (tokens.peek().kind === 'end') return { source: 'devices' };
  if (tokens.isWord('SELECT')) throw tokens.invalid('a condition is only the part after WHERE; omit SELECT');
  if (tokens.isWord('WHERE')) throw tokens.invalid('a condition is only the part after WHERE; omit WHERE');
  const source = tokens.isWord('FROM') ? parseConditionSource(tokens) : undefined;
  const alias = source ? parseAlias(tokens) : undefined;
  const hasWhere = !source || tokens.acceptWord('WHERE');
  const where = hasWhere ? parseExpression(tokens) : undefined;
  expectEnd(tokens);
  const from = source ?? 'devices';
  return { source: from, ...(where && { where: stripExpression(where, from, alias) }) };
}

function checkLength(text: string): void {
  if (text.length <= MAX_QUERY_CHARACTERS) return;
  throw queryInvalid(
    text,
    MAX_QUERY_CHARACTERS,
    '',
    `the query has ${text.length} characters, and the hub accepts at most ${MAX_QUERY_CHARACTERS}`,
  );
}

function parseSource(tokens: TokenStream): QuerySource {
  tokens.expectWord('FROM');
  if (!tokens.isWord('DEVICES')) throw tokens.invalid('expected devices, devices.modules or devices.jobs');
  tokens.next();
  if (!tokens.acceptSymbol('.')) return 'devices';
  if (tokens.acceptWord('MODULES')) return 'devices.modules';
  if (tokens.acceptWord('JOBS')) return 'devices.jobs';
  throw tokens.invalid('expected devices, devices.modules or devices.jobs');
}

function parseConditionSource(tokens: TokenStream): 'devices' | 'devices.modules' {
  const from = tokens.peek();
  const source = parseSource(tokens);
  if (source === 'devices.jobs') throw tokens.invalid('a job is for devices or devices.modules', from);
  return source;
}

function parseAlias(tokens: TokenStream): string | undefined {
  if (tokens.acceptWord('AS')) return parseName(tokens, 'expected an alias');
  const { kind, text } = tokens.peek();
  const isKeyword = KEYWORDS.has(text.toUpperCase()) || REFUSED_WORDS.has(text.toUpperCase());
  return kind === 'quotedName' || (kind === 'name' && !isKeyword) ? parseName(tokens, 'expected an alias') : undefined;
}

function parseGroupBy(tokens: TokenStream): PathExpression | undefined {
  if (!tokens.acceptWord('GROUP')) return undefined;
  tokens.expectWord('BY');
  const path = parseStandalonePath(tokens);
  if (tokens.isSymbol(',')) throw tokens.invalid('GROUP BY takes one property');
  return path;
}

function expectEnd(tokens: TokenStream): void {
  const token = tokens.peek();
  if (token.kind === 'end') return;
  const word = token.text.toUpperCase();
  throw tokens.invalid(
    token.kind === 'name' && REFUSED_WORDS.has(word) ? `Azure IoT Hub does not know ${word}` : 'expected the end here',
  );
}

function problemWithJobs(query: Query): string | undefined {
  if (query.source !== 'devices.jobs') return undefined;
  return query.select === '*' && !query.groupBy ? undefined : 'devices.jobs can only be read with SELECT *';
}

function problemWithGrouping(query: Query): string | undefined {
  if (query.select === '*') return query.groupBy ? 'SELECT * cannot be grouped' : undefined;
  const aggregates = query.select.filter((item) => item.kind === 'aggregate').length;
  if (!query.groupBy) {
    const mixed = aggregates > 0 && aggregates < query.select.length;
    return mixed ? 'a property beside an aggregate needs GROUP BY' : undefined;
  }
  const group = pathKey(query.groupBy.segments);
  const stranger = query.select.find((item) => item.kind === 'path' && pathKey(item.path.segments) !== group);
  return stranger ? 'with GROUP BY only its own property and aggregates can be selected' : undefined;
}

/** Returns equal keys for paths with the same meaning: the top level is case-insensitive. */
function pathKey(segments: readonly (string | number)[]): string {
  return JSON.stringify([String(segments[0]).toLowerCase(), ...segments.slice(1)]);
}

const AGGREGATES: readonly AggregateFunction[] = ['COUNT', 'AVG', 'SUM', 'MIN', 'MAX'];

/** Parses the number after TOP. */
function parseTop(tokens: TokenStream): number {
  const token = tokens.peek();
  if (token.kind !== 'number' || !Number.isSafeInteger(token.value)) throw tokens.invalid('expected a whole number');
  return tokens.next().value as number;
}

/** Parses the list between SELECT and FROM. */
function parseSelectList(tokens: TokenStream): '*' | readonly SelectItem[] {
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
  return { kind: 'path', path: parseStandalonePath(tokens) };
}

function parseAggregate(tokens: TokenStream, word: string): SelectItem {
  const name = AGGREGATES.find((candidate) => candidate === word);
  if (!name) throw tokens.invalid(`the functions that can be selected are ${AGGREGATES.join(', ')}`);
  tokens.next();
  tokens.expectSymbol('(');
  if (name === 'COUNT') {
    if (!tokens.acceptSymbol(')')) throw tokens.invalid('COUNT takes no argument: write COUNT()');
    return { kind: 'aggregate', function: name };
  }
  const path = parseStandalonePath(tokens);
  tokens.expectSymbol(')');
  return { kind: 'aggregate', function: name, path };
}
