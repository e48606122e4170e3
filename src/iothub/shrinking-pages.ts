import { AgentError, isAgentError } from '../core/errors.js';
import { omitUndefined } from '../core/objects.js';
import { isTooLong } from './connection-errors.js';
import type { HubPage, PageRequest } from './ports.js';

/** Requests one page. */
export type RequestPage = (request: PageRequest) => Promise<HubPage>;

/** Where a page begins, and the size of the pages of its walk. */
interface Position {
  readonly hubToken?: string;
  /** Absent when the hub chooses. */
  readonly size?: number;
  /** How many rows the previous pages have. */
  readonly rowsBefore: number;
}

const MARK = 'twx1';
const MAX_SIZE = 1000;
/** The page size of a hub if none is requested. */
const SIZE_OF_HUB = 100;
const SHRINK_BY = 10;
/** The most pages that are read again to return to the position of a walk. */
const MAX_SKIPPED_PAGES = 1000;

/**
 * Reads a page; one that is too long is requested again with a tenth of the rows, down to one. The token of the returned
 * page contains the size that worked, so that the following pages are requested with this size, whatever the caller
 * requests: a token of IoT Hub is tied to its page size.
 * @throws AgentError `ResultTooLarge` if a single row is too long; otherwise like `requestPage`.
 */
export async function readPage(requestPage: RequestPage, request: PageRequest): Promise<HubPage> {
  let position = readPosition(request);
  let hasShrunk = false;
  for (;;) {
    try {
      return numbered(await requestPage(requestOf(position)), position);
    } catch (error) {
      if (hasShrunk && position.hubToken !== undefined && isRefusedToken(error))
        return await skipTo(requestPage, position);
      if (!isTooLong(error)) throw error;
      position = { ...position, size: shrunk(position.size, error) };
      hasShrunk = true;
    }
  }
}

/** Walks from the first page to a position, for a hub that refuses its token with another page size. */
async function skipTo(requestPage: RequestPage, to: Position): Promise<HubPage> {
  let at: Position = { rowsBefore: 0, ...omitUndefined({ size: to.size }) };
  for (let pages = 0; pages < MAX_SKIPPED_PAGES; pages += 1) {
    let page: HubPage;
    try {
      page = await requestPage(requestOf(at));
    } catch (error) {
      if (!isTooLong(error)) throw error;
      at = { rowsBefore: 0, size: shrunk(at.size, error) };
      continue;
    }
    const rowsBefore = at.rowsBefore + page.items.length;
    if (rowsBefore > to.rowsBefore || page.continuationToken === undefined) {
      const items = page.items.slice(Math.max(0, to.rowsBefore - at.rowsBefore));
      return numbered({ ...page, items }, { ...at, rowsBefore: rowsBefore - items.length });
    }
    at = { ...at, rowsBefore, hubToken: page.continuationToken };
  }
  throw new AgentError(
    'ResultTooLarge',
    'The rows of the result are too long for pages of the first page size; request smaller pages.',
  );
}

function shrunk(size: number | undefined, error: unknown): number {
  const now = size ?? SIZE_OF_HUB;
  if (now > 1) return Math.max(1, Math.floor(now / SHRINK_BY));
  throw new AgentError(
    'ResultTooLarge',
    'A single row of the result is longer than the agent reads (8 MiB, or half a million parts); narrow the request to leave it out.',
    { cause: error },
  );
}

/** Whether a refusal may be about the token; IoT Hub answers 400 to a token of another page size. */
const isRefusedToken = (error: unknown): boolean =>
  isAgentError(error, 'HubRejected') && error.context['httpStatus'] === 400;

const requestOf = ({ hubToken, size }: Position): PageRequest =>
  omitUndefined({ pageSize: size, continuationToken: hubToken });

function numbered(page: HubPage, { size, rowsBefore }: Position): HubPage {
  const { continuationToken: token } = page;
  if (token === undefined) return page;
  return { ...page, continuationToken: `${MARK}.${size ?? 0}.${rowsBefore + page.items.length}.${token}` };
}

function readPosition({ pageSize, continuationToken }: PageRequest): Position {
  const own = omitUndefined({ size: pageSize });
  if (continuationToken === undefined) return { rowsBefore: 0, ...own };
  const [, mark, size, rows, hubToken] = /^(\w+)\.(\d{1,4})\.(\d{1,12})\.([\s\S]+)$/.exec(continuationToken) ?? [];
  if (mark !== MARK || hubToken === undefined || Number(size) > MAX_SIZE)
    return { rowsBefore: 0, hubToken: continuationToken, ...own };
  return { rowsBefore: Number(rows), hubToken, ...(Number(size) === 0 ? own : { size: Number(size) }) };
}
