import { createHash } from 'node:crypto';
import { invalidParameter } from '../../edge/parameter-rules.js';

/** The position in the pages of a query. */
export interface PagePosition {
  /** The hub's token of the page; absent for its first. */
  readonly hubToken?: string;
  /** How many rows of that page have been returned. */
  readonly offset: number;
  /** The page size to which the hub's token is bound. */
  readonly pageSize: number;
}

const MAX_TOKEN_LENGTH = 64 * 1024;
const VERSION = 1;

/** Encodes a position. The hub's token is bound to query text and page size, so the token includes them. */
export function writeToken(query: string, position: PagePosition): string {
  const fields = [VERSION, digest(query), position.pageSize, position.offset, position.hubToken ?? null];
  return Buffer.from(JSON.stringify(fields), 'utf8').toString('base64url');
}

/** @throws AgentError `InvalidArgument` for a token that this service did not return, or that belongs to another query. */
export function readToken(query: string, token: string, maxPageSize: number): PagePosition {
  const fields = parse(token);
  if (fields?.length !== 5 || fields[0] !== VERSION) throw notOurs();
  const [, queryDigest, pageSize, offset, hubToken] = fields;
  if (!isCount(pageSize, 1, maxPageSize) || !isCount(offset, 0, Number.MAX_SAFE_INTEGER)) throw notOurs();
  if (hubToken !== null && (typeof hubToken !== 'string' || !isHeaderValue(hubToken))) throw notOurs();
  if (queryDigest !== digest(query))
    throw invalidParameter('continuationToken', 'belongs to another query; send the query of the first page again');
  return { pageSize, offset, ...(hubToken === null ? {} : { hubToken }) };
}

function parse(token: string): unknown[] | undefined {
  if (token.length > MAX_TOKEN_LENGTH || !/^[\w-]+$/.test(token)) return undefined;
  try {
    const fields: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    return Array.isArray(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown, minimum: number, maximum: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;

/** Whether the text is safe as a header value, where it could otherwise begin another header. */
const isHeaderValue = (text: string): boolean => /^[\x20-\x7e]{1,60000}$/.test(text);

const digest = (query: string): string => createHash('sha256').update(query).digest('base64url').slice(0, 16);

const notOurs = (): Error =>
  invalidParameter(
    'continuationToken',
    'is not a token that this service returned; omit it to begin with the first page',
  );
