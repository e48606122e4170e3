import type { CallContext } from '../../core/call-context.js';
import { isAgentError } from '../../core/errors.js';
import type { HubDocument } from '../../iothub/ports.js';
import { MAX_PAGE_SIZE } from './collect-rows.js';
import { checkResultQuery } from '../conditions.js';
import { EmptyPageCounter } from '../empty-pages.js';
import type { JobEnvironment } from '../environment.js';
import { type PagePosition, readToken, writeToken } from './page-token.js';
import { PageInProgress } from './page-in-progress.js';
import { resultJson } from '../rows.js';
import { optional, QUERY } from '../parameters.js';
import { defineJobService } from './job-service.js';

/** One page of job results. */
interface ResultsPage {
  /** Objects with the fields of `AzureDeviceJobResult`, dates as ISO text. */
  readonly rows: readonly Record<string, unknown>[];
  /** For the next page; `null` after the last one. */
  readonly continuationToken: string | null;
}

/** A page has fewer rows than requested if more would not fit into one message of the platform. */
export const queryJobResultsPageService = defineJobService({
  name: 'QueryJobResultsPage',
  description: 'Returns the results of jobs page by page, for results of any size',
  needs: 'service connect',
  parameters: {
    query: QUERY,
    maxItems: optional({
      baseType: 'INTEGER',
      description: `Maximum number of rows of a page: 1 to ${MAX_PAGE_SIZE}, default ${MAX_PAGE_SIZE}`,
      minimum: 1,
      maximum: MAX_PAGE_SIZE,
    }),
    continuationToken: optional({
      baseType: 'STRING',
      description: 'The token of the previous page of the same query; the first page if omitted',
    }),
  },
  result: {
    baseType: 'JSON',
    description:
      '{rows: [...], continuationToken}: rows with the fields of AzureDeviceJobResult, dates as ISO text and JSON values as the hub sent them; the token is null after the last page',
  },
  run: async ({ query, maxItems = MAX_PAGE_SIZE, continuationToken }, context, env): Promise<ResultsPage> => {
    checkResultQuery(query, env.parsesConditions);
    const start =
      continuationToken === undefined
        ? { offset: 0, pageSize: maxItems }
        : readToken(query, continuationToken, MAX_PAGE_SIZE);
    const page = new PageInProgress(maxItems, env.messageLimits);
    const next = await fill(env, context, query, { page, start });
    return { rows: page.rows, continuationToken: next ? writeToken(query, next) : null };
  },
});

/** Reads pages of the hub until ours is full; returns where the next one begins. */
async function fill(
  env: JobEnvironment,
  context: CallContext,
  query: string,
  { page, start }: { readonly page: PageInProgress; readonly start: PagePosition },
): Promise<PagePosition | undefined> {
  let position: PagePosition | undefined = start;
  const emptyPages = new EmptyPageCounter();
  while (position && !page.isFull) {
    const { hubToken, offset, pageSize }: PagePosition = position;
    const request = { query, pageSize, ...(hubToken === undefined ? {} : { continuationToken: hubToken }) };
    let answer;
    try {
      answer = await env.hub.lane('user').query(context, request);
      emptyPages.count(answer);
    } catch (error) {
      // Rows that have been read are returned instead of an error; the next call continues from here.
      if (isAgentError(error) && page.rows.length > 0) return position;
      throw error;
    }
    const taken = page.add(
      rowsFrom(answer.items, offset),
      Math.max(tokenBytes(hubToken), tokenBytes(answer.continuationToken)),
    );
    if (offset + taken < answer.items.length) return { ...position, offset: offset + taken };
    position =
      answer.continuationToken === undefined ? undefined : { hubToken: answer.continuationToken, offset: 0, pageSize };
  }
  return position;
}

/** Converted one by one: of a page of the hub that is longer than a message, only the first rows are needed. */
function* rowsFrom(items: readonly HubDocument[], offset: number): Iterable<Record<string, unknown>> {
  for (let at = offset; at < items.length; at += 1) yield resultJson(items[at] as HubDocument);
}

/** The bytes of the hub's token within ours, which contains it as JSON in base64. */
function tokenBytes(hubToken: string | undefined): number {
  return Math.ceil((JSON.stringify(hubToken ?? null).length * 4) / 3);
}
