import type { CallContext } from '../../core/call-context.js';
import { isAgentError } from '../../core/errors.js';
import type { HubDocument, HubPort } from '../../iothub/ports.js';
import { EmptyPageCounter } from '../empty-pages.js';
import { optional } from '../parameters.js';
import type { MessageLimits } from '../result-size.js';
import { MAX_PAGE_SIZE } from './collect-rows.js';
import { PageInProgress } from './page-in-progress.js';
import { type PagePosition, readToken, writeToken } from './page-token.js';

/** Parameter: the number of rows of a page. */
export const pageItems = (defaultItems: number) =>
  optional({
    baseType: 'INTEGER',
    description: `Maximum number of rows of a page: 1 to ${MAX_PAGE_SIZE}, default ${defaultItems}`,
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
  });

/** Parameter: where a page begins. */
export const PAGE_TOKEN = optional({
  baseType: 'STRING',
  description: 'The token of the previous page of the same query; the first page if omitted',
});

/** One page of the result of a query. */
export interface QueryPage {
  readonly rows: readonly Record<string, unknown>[];
  /** For the next page; `null` after the last one. */
  readonly continuationToken: string | null;
}

export interface QueryPageRequest {
  readonly query: string;
  readonly maxItems: number;
  /** The token of the previous page of the same query. */
  readonly continuationToken?: string | undefined;
  readonly toRow: (document: HubDocument) => Record<string, unknown>;
}

/**
 * Reads one page, which has fewer rows than requested if more would not fit into one message of the platform.
 * @throws AgentError `InvalidArgument` for a token of another query; `ResultTooLarge` for a row that does not fit; otherwise
 * the errors of the hub port.
 */
export async function readQueryPage(
  env: { readonly hub: HubPort; readonly messageLimits: MessageLimits },
  context: CallContext,
  request: QueryPageRequest,
): Promise<QueryPage> {
  const { query, maxItems, continuationToken } = request;
  const start =
    continuationToken === undefined
      ? { offset: 0, pageSize: maxItems }
      : readToken(query, continuationToken, MAX_PAGE_SIZE);
  const page = new PageInProgress(maxItems, env.messageLimits);
  const next = await fill(env.hub, context, request, { page, start });
  return { rows: page.rows, continuationToken: next ? writeToken(query, next) : null };
}

/** Reads pages of the hub until ours is full; returns where the next one begins. */
async function fill(
  hub: HubPort,
  context: CallContext,
  { query, toRow }: QueryPageRequest,
  { page, start }: { readonly page: PageInProgress; readonly start: PagePosition },
): Promise<PagePosition | undefined> {
  let position: PagePosition | undefined = start;
  const emptyPages = new EmptyPageCounter();
  while (position && !page.isFull) {
    const { hubToken, offset, pageSize }: PagePosition = position;
    const request = { query, pageSize, ...(hubToken === undefined ? {} : { continuationToken: hubToken }) };
    let answer;
    try {
      answer = await hub.lane('user').query(context, request);
      emptyPages.count(answer);
    } catch (error) {
      // Rows that have been read are returned instead of an error; the next call continues from here.
      if (isAgentError(error) && page.rows.length > 0) return position;
      throw error;
    }
    const taken = page.add(
      rowsFrom(answer.items, offset, toRow),
      Math.max(tokenBytes(hubToken), tokenBytes(answer.continuationToken)),
    );
    if (offset + taken < answer.items.length) return { ...position, offset: offset + taken };
    position =
      answer.continuationToken === undefined ? undefined : { hubToken: answer.continuationToken, offset: 0, pageSize };
  }
  return position;
}

/** Converted one by one: of a page of the hub that is longer than a message, only the first rows are needed. */
function* rowsFrom(
  items: readonly HubDocument[],
  offset: number,
  toRow: QueryPageRequest['toRow'],
): Iterable<Record<string, unknown>> {
  for (let at = offset; at < items.length; at += 1) yield toRow(items[at] as HubDocument);
}

/** The bytes of the hub's token within ours, which contains it as JSON in base64. */
function tokenBytes(hubToken: string | undefined): number {
  return Math.ceil((JSON.stringify(hubToken ?? null).length * 4) / 3);
}
