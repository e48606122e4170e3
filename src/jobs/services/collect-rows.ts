import type { CallContext } from '../../core/call-context.js';
import { AgentError, isAgentError } from '../../core/errors.js';
import type { DataShapeDefinition, NativeRow } from '../../edge/definitions.js';
import type { HubDocument, HubOperations, HubPage, HubPort, PageRequest } from '../../iothub/ports.js';
import { EmptyPageCounter } from '../empty-pages.js';
import { type MessageLimits, rowBytes, usableBytes } from '../result-size.js';
import { startPart } from '../../core/call-context.js';

/** The largest page that is requested; the hub may return fewer rows. */
export const MAX_PAGE_SIZE = 1000;

/** Time reserved for sending the response while the remaining rows are counted. */
const ANSWER_RESERVE_MS = 1500;

export interface RowSource {
  readonly shape: DataShapeDefinition;
  /** Requests one page of documents. */
  readonly page: (context: CallContext, hub: HubOperations, request: PageRequest) => Promise<HubPage>;
  readonly toRow: (document: HubDocument) => NativeRow;
  /** Whether a document belongs to the result; called once for each. All documents do if it is omitted. */
  readonly isWanted?: ((document: HubDocument) => boolean) | undefined;
  /** How many documents to request at a time; as many as rows are wanted if omitted. */
  readonly pageSize?: number | undefined;
  /** What a caller can do when the result is too large. */
  readonly remedy: string;
}

/**
 * Returns every row of a source, or the first `maxItems`, from as many pages as that takes.
 * @throws AgentError `ResultTooLarge` if the rows do not fit into one message of the platform, with their number (or "more
 * than N" if the deadline or the budget ended the count); `HubUnavailable` for too many empty pages in a row.
 */
export async function collectRows(
  context: CallContext,
  hub: HubPort,
  limits: MessageLimits,
  source: RowSource & { readonly maxItems?: number | undefined },
): Promise<NativeRow[]> {
  const limit = source.maxItems ?? Infinity;
  const pageSize = source.pageSize ?? Math.min(limit, MAX_PAGE_SIZE);
  const emptyPages = new EmptyPageCounter();
  const fitting = usableBytes(limits);
  const rows: NativeRow[] = [];
  let bytes = 0;
  let continuationToken: string | undefined;
  do {
    const request = { pageSize, ...(continuationToken === undefined ? {} : { continuationToken }) };
    const page = await source.page(context, hub.lane('user'), request);
    emptyPages.count(page);
    continuationToken = page.continuationToken;
    const wanted = wantedOf(page, source);
    for (const [index, document] of wanted.slice(0, limit - rows.length).entries()) {
      const row = source.toRow(document);
      bytes += rowBytes(source.shape, row);
      if (bytes > fitting) {
        const seen = rows.length - index + wanted.length;
        throw tooLarge(
          await countOn(context, hub, source, { seen, limit, pageSize, continuationToken }),
          limits,
          source,
        );
      }
      rows.push(row);
    }
  } while (continuationToken !== undefined && rows.length < limit);
  return rows;
}

interface Count {
  readonly count: number;
  readonly isExact: boolean;
}

interface CountStart {
  readonly seen: number;
  readonly limit: number;
  readonly pageSize: number;
  readonly continuationToken: string | undefined;
}

/** Counts the remaining rows with the spare budget only: a refusal must not take quota from other calls. */
async function countOn(context: CallContext, hub: HubPort, source: RowSource, start: CountStart): Promise<Count> {
  let { seen, continuationToken } = start;
  const emptyPages = new EmptyPageCounter();
  const part = startPart(context, { reserveMs: ANSWER_RESERVE_MS });
  try {
    while (continuationToken !== undefined && seen < start.limit) {
      const request = { pageSize: start.pageSize, continuationToken };
      const page = await source.page(part, hub.lane('spare'), request);
      emptyPages.count(page);
      seen += wantedOf(page, source).length;
      continuationToken = page.continuationToken;
    }
    return { count: Math.min(seen, start.limit), isExact: true };
  } catch (error) {
    if (!isAgentError(error)) throw error;
    return { count: seen, isExact: false };
  } finally {
    part.dispose();
  }
}

function wantedOf({ items }: HubPage, { isWanted }: RowSource): readonly HubDocument[] {
  return isWanted ? items.filter((document) => isWanted(document)) : items;
}

function tooLarge({ count, isExact }: Count, limits: MessageLimits, source: RowSource): AgentError {
  const rows = isExact ? `${count} rows` : `more than ${count} rows`;
  return new AgentError(
    'ResultTooLarge',
    `The result has ${rows} and does not fit into one message of the platform (${limits.maxMessageBytes} bytes); ${source.remedy}.`,
    { context: { rows: count, isExact } },
  );
}
