import type { HubDocument } from '../../iothub/ports.js';
import { optional, required } from '../../jobs/parameters.js';
import { writableJson } from '../../jobs/rows.js';
import { MAX_QUERY_CHARACTERS, parseQuery } from '../../hub-query/parse.js';
import { PAGE_TOKEN, pageItems, readQueryPage } from '../../jobs/services/query-page.js';
import { defineDeviceService } from './device-service.js';
import { isAgentError } from '../../core/errors.js';
import { invalidParameter } from '../../edge/parameter-rules.js';
import type { QuerySource } from '../../hub-query/syntax.js';
import { checkCondition, parsed } from '../../jobs/conditions.js';

const DEFAULT_ITEMS = 100;

export const queryDevicesService = defineDeviceService({
  name: 'QueryDevices',
  description: 'Returns the twins that a condition selects, or the rows of a query, page by page',
  needs: ['service connect'],
  isReadOnly: true,
  parameters: {
    query: required(
      optional({
        baseType: 'STRING',
        description:
          "The part of a query after WHERE, for example tags.site = 'Lyon'; * for all devices; FROM devices.modules WHERE ... for modules; or a whole query: SELECT ... FROM devices ...",
        maxLength: MAX_QUERY_CHARACTERS,
      }),
    ),
    maxItems: pageItems(DEFAULT_ITEMS),
    continuationToken: PAGE_TOKEN,
  },
  result: {
    baseType: 'JSON',
    description:
      '{rows: [...], continuationToken}: twins, or the rows of the query, as the hub sent them; the token is null after the last page. A page may have fewer rows than requested while a token follows',
  },
  run: async ({ maxItems = DEFAULT_ITEMS, continuationToken, ...args }, context, env) => {
    const query = deviceQuery(args.query, env.parsesConditions);
    return await readQueryPage(env, context, { query, maxItems, continuationToken, toRow });
  },
});

const toRow = (document: HubDocument): Record<string, unknown> =>
  Object.fromEntries(Object.entries(document).map(([name, value]) => [name, writableJson(value)]));

/**
 * Returns the whole query for a condition, `*`, or a query of devices or modules, which stays as it is.
 * @throws AgentError `InvalidArgument` naming `query`, with line and column for a fault of its grammar.
 */
function deviceQuery(text: string, parses: boolean): string {
  if (text.trim() === '') throw invalidParameter('query', 'is blank; pass a condition, or * for all devices');
  if (!/^\s*SELECT\b/i.test(text)) return twinQuery(text, parses);
  if (sourceOf(text, parses) === 'devices.jobs')
    throw invalidParameter('query', 'reads from devices.jobs; use QueryJobResults for the results of jobs');
  return text;
}

/** Returns the query for the twins that a condition selects. */
function twinQuery(condition: string, parses: boolean): string {
  const { source, where } = checkCondition(condition, parses, 'query');
  const query = `SELECT * FROM ${source}${where === undefined ? '' : ` WHERE ${where}`}`;
  if (query.length <= MAX_QUERY_CHARACTERS) return query;
  throw invalidParameter(
    'query',
    `is too long: the whole query has ${query.length} characters, and the hub accepts at most ${MAX_QUERY_CHARACTERS}; shorten it`,
  );
}

/** Returns the source of a query; undefined if it cannot be parsed and the parse check is off. */
function sourceOf(query: string, parses: boolean): QuerySource | undefined {
  if (parses) return parsed('query', () => parseQuery(query)).source;
  try {
    return parseQuery(query).source;
  } catch (error) {
    if (isAgentError(error, 'QueryInvalid')) return undefined;
    throw error;
  }
}
