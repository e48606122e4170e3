import type { IncomingHttpHeaders } from 'node:http';
import type { CallContext } from '../core/call-context.js';
import { isPlainObject } from '../core/objects.js';
import { unexpectedAnswerError } from './connection-errors.js';
import type { HubDocument } from './documents.js';

/** One request to the REST API of a hub. */
export interface RestRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** The encoded path, without a query string. */
  readonly path: string;
  /** Parameters of the query string besides the API version. */
  readonly filters?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
  /** Maximum number of items of a list in the response. */
  readonly maxItems?: number;
}

/** A successful response. */
export interface RestAnswer {
  readonly status: number;
  /** The parsed JSON, whose numbers keep all digits; undefined if the body is empty or not JSON. */
  readonly body: unknown;
  /** Whether the response is declared as JSON, but its body is not JSON. */
  readonly isMalformed: boolean;
  readonly headers: IncomingHttpHeaders;
}

/** Sends one request within the deadline of its context. @throws AgentErrors as the ports of a hub. */
export type SendRequest = (context: CallContext, request: RestRequest) => Promise<RestAnswer>;

/** Returns `body` if it is a JSON object. */
export const documentOf = (body: unknown): HubDocument | undefined => (isPlainObject(body) ? body : undefined);

/** Returns the JSON object of a response. @throws AgentError `HubUnavailable` for any other body. */
export function document(answer: RestAnswer): HubDocument {
  const found = documentOf(answer.body);
  if (!found) throw unexpectedAnswerError('something that is not a JSON object');
  return found;
}
