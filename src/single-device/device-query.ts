import { isAgentError } from '../core/errors.js';
import { invalidParameter } from '../edge/parameter-rules.js';
import { MAX_QUERY_CHARACTERS, parseQuery } from '../hub-query/parse.js';
import type { QuerySource } from '../hub-query/syntax.js';
import { checkCondition, parsed } from '../jobs/conditions.js';

/**
 * Returns the whole query for a condition, `*`, or a query of devices or modules, which stays as it is.
 * @throws AgentError `InvalidArgument` naming `query`, with line and column for a fault of its grammar.
 */
export function deviceQuery(text: string, parses: boolean): string {
  if (text.trim() === '') throw invalidParameter('query', 'is blank; pass a condition, or * for all devices');
  if (!/^\s*SELECT\b/i.test(text)) return twinQuery(text, parses);
  if (sourceOf(text, parses) === 'devices.jobs')
    throw invalidParameter('query', 'is about the results of jobs; read them with QueryJobResults');
  return text;
}

/** The query for the twins that a condition selects. */
function twinQuery(condition: string, parses: boolean): string {
  const { source, where } = checkCondition(condition, parses, 'query');
  const query = `SELECT * FROM ${source}${where === undefined ? '' : ` WHERE ${where}`}`;
  if (query.length <= MAX_QUERY_CHARACTERS) return query;
  throw invalidParameter(
    'query',
    `is too long: the whole query has ${query.length} characters, and the hub accepts at most ${MAX_QUERY_CHARACTERS}; shorten it`,
  );
}

/** What a query is about; undefined if it cannot be parsed and need not be. */
function sourceOf(query: string, parses: boolean): QuerySource | undefined {
  if (parses) return parsed('query', () => parseQuery(query)).source;
  try {
    return parseQuery(query).source;
  } catch (error) {
    if (isAgentError(error, 'QueryInvalid')) return undefined;
    throw error;
  }
}
