import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { argumentInvalid } from '../answers/service-error.js';
import { readWholeNumber } from '../answers/wire-values.js';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;
const MAC_BYTES = 16;

export interface PageRequest {
  readonly size: number;
  /** The content of the token of the previous page; undefined for the first page. */
  readonly state: unknown;
}

/** Creates and reads continuation tokens, which are signed and bound to the query text and page size. */
export class Paging {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /**
   * Reads `x-ms-max-item-count` and `x-ms-continuation`. A page size above 1,000 is reduced to 1,000.
   * @throws ServiceError ArgumentInvalid for a size below 1 and a token of another query or page size.
   */
  read(headers: IncomingHttpHeaders, text: string): PageRequest {
    const size = readSize(headers['x-ms-max-item-count']);
    const token = headers['x-ms-continuation'];
    if (token === undefined || token === '') return { size, state: undefined };
    return { size, state: this.#open(String(token), text, size) };
  }

  /** Returns the headers of a response; `state` is undefined on the last page. */
  headers(itemType: string, next: { text: string; size: number; state: unknown }): Record<string, string> {
    return {
      'x-ms-item-type': itemType,
      ...(next.state === undefined ? {} : { 'x-ms-continuation': this.#seal(next.state, next.text, next.size) }),
    };
  }

  #seal(state: unknown, text: string, size: number): string {
    const content = Buffer.from(JSON.stringify(state)).toString('base64url');
    return `${content}.${this.#mac(content, text, size).toString('base64url')}`;
  }

  #open(token: string, text: string, size: number): unknown {
    const [content = '', mac = ''] = token.split('.');
    const given = Buffer.from(mac, 'base64url');
    const expected = this.#mac(content, text, size);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw argumentInvalid('The continuation token does not belong to this query and page size.');
    }
    return JSON.parse(Buffer.from(content, 'base64url').toString('utf8')) as unknown;
  }

  #mac(content: string, text: string, size: number): Buffer {
    const subject = createHash('sha256').update(text).digest('hex');
    return createHmac('sha256', this.#secret).update(`${content}\n${size}\n${subject}`).digest().subarray(0, MAC_BYTES);
  }
}

function readSize(header: string | string[] | undefined): number {
  if (header === undefined || header === '') return DEFAULT_PAGE;
  const size = readWholeNumber(header);
  if (size === undefined || size < 1) throw argumentInvalid('x-ms-max-item-count must be an integer above 0.');
  return Math.min(size, MAX_PAGE);
}

/** Takes the next `size` items; also returns whether there are more. */
export function takePage<T>(
  items: Iterable<T>,
  size: number,
  onTaken?: (item: T) => void,
): { page: T[]; more: boolean } {
  const page: T[] = [];
  for (const item of items) {
    if (page.length === size) return { page, more: true };
    page.push(item);
    onTaken?.(item);
  }
  return { page, more: false };
}
