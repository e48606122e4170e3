import { AgentError, isAgentError } from '../core/errors.js';
import { isTooLong } from './connection-errors.js';
import type { HubPage, PageRequest } from './ports.js';

/** One request for a page. */
export type AskForPage = (request: PageRequest) => Promise<HubPage>;

/** Where a page begins and how large the pages of its walk are. */
interface Position {
  readonly hubToken?: string;
  /** Absent when the hub chooses. */
  readonly size?: number;
  /** How many rows the pages before it have. */
  readonly rowsBefore: number;
}

const MARK = 'twx1';
const MAX_SIZE = 1000;
/** What a hub takes when it is not given a size. */
const SIZE_OF_HUB = 100;
const SHRINK_BY = 10;
/** Pages that are read again at most to come back to where a walk stood. */
const MAX_SKIPPED_PAGES = 1000;

/**
 * Reads a page; one that is too long is asked for again with a tenth of the rows, down to one. The token of the page that
 * is returned holds the size that worked, so that the pages after it are asked for with this size whatever the caller
 * asks for: a token of IoT Hub is tied to its page size.
 * @throws AgentError `ResultTooLarge` when a single row is too long; otherwise as `ask`.
 */
export async function readPage(ask: AskForPage, request: PageRequest): Promise<HubPage> {
  let position = readPosition(request);
  let hasShrunk = false;
  for (;;) {
    try {
      return numbered(await ask(requestOf(position)), position);
    } catch (error) {
      if (hasShrunk && position.hubToken !== undefined && isRefusedToken(error)) return await skipTo(ask, position);
      if (!isTooLong(error)) throw error;
      position = { ...position, size: shrunk(position.size, error) };
      hasShrunk = true;
    }
  }
}

/** For a hub that refuses its token with another page size: walks from the first page to where the position is. */
async function skipTo(ask: AskForPage, to: Position): Promise<HubPage> {
  let at: Position = { rowsBefore: 0, ...(to.size === undefined ? {} : { size: to.size }) };
  for (let pages = 0; pages < MAX_SKIPPED_PAGES; pages += 1) {
    let page: HubPage;
    try {
      page = await ask(requestOf(at));
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
    'The rows of the result are too long to be read in pages of the size that was begun with; ask for smaller pages.',
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

/** A refusal that may be about the token; IoT Hub answers 400 to one of another page size. */
const isRefusedToken = (error: unknown): boolean =>
  isAgentError(error, 'HubRejected') && error.context['httpStatus'] === 400;

const requestOf = ({ hubToken, size }: Position): PageRequest => ({
  ...(size === undefined ? {} : { pageSize: size }),
  ...(hubToken === undefined ? {} : { continuationToken: hubToken }),
});

function numbered(page: HubPage, { size, rowsBefore }: Position): HubPage {
  const { continuationToken: token } = page;
  if (token === undefined) return page;
  return { ...page, continuationToken: `${MARK}.${size ?? 0}.${rowsBefore + page.items.length}.${token}` };
}

function readPosition({ pageSize, continuationToken }: PageRequest): Position {
  const own = pageSize === undefined ? {} : { size: pageSize };
  if (continuationToken === undefined) return { rowsBefore: 0, ...own };
  const [, mark, size, rows, hubToken] = /^(\w+)\.(\d{1,4})\.(\d{1,12})\.([\s\S]+)$/.exec(continuationToken) ?? [];
  if (mark !== MARK || hubToken === undefined || Number(size) > MAX_SIZE)
    return { rowsBefore: 0, hubToken: continuationToken, ...own };
  return { rowsBefore: Number(rows), hubToken, ...(Number(size) === 0 ? own : { size: Number(size) }) };
}
