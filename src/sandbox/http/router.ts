import type { IncomingMessage, ServerResponse } from 'node:http';
import { stringifyJson } from '../../core/exact-json.js';

/** A request with its body read and its path parsed. */
export interface HttpRequest {
  readonly method: string;
  /** Percent-decoded values of the `:name` segments of the route. */
  readonly params: Readonly<Record<string, string>>;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  readonly raw: IncomingMessage;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string or bytes, sent unchanged; undefined for no body. */
  readonly body?: string | Uint8Array;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer;

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
  readonly handler: HttpHandler;
}

export type RouteMatch =
  | { readonly kind: 'found'; readonly handler: HttpHandler; readonly params: Record<string, string> }
  | { readonly kind: 'wrongMethod'; readonly allowed: readonly string[] }
  | { readonly kind: 'none' };

/** Routes of literal and `:name` segments. Literal segments win over named ones, whatever the order of registration. */
export class Router {
  readonly #routes: Route[] = [];

  /** @param pattern for example `/twins/:id/methods`; a trailing slash in a request is ignored. */
  add(method: string, pattern: string, handler: HttpHandler): this {
    this.#routes.push({ method, segments: pattern.split('/').filter(Boolean), handler });
    this.#routes.sort((a, b) => namedCount(a) - namedCount(b));
    return this;
  }

  /** Finds the route for a path that is still percent-encoded, so that `%2F` inside a segment never splits it. */
  match(method: string, rawPath: string): RouteMatch {
    const segments = rawPath.split('/').filter(Boolean);
    const allowed: string[] = [];
    for (const route of this.#routes) {
      const params = matchSegments(route.segments, segments);
      if (!params) continue;
      if (route.method === method) return { kind: 'found', handler: route.handler, params };
      if (!allowed.includes(route.method)) allowed.push(route.method);
    }
    return allowed.length > 0 ? { kind: 'wrongMethod', allowed } : { kind: 'none' };
  }
}

const namedCount = (route: Route): number => route.segments.filter((segment) => segment.startsWith(':')).length;

function matchSegments(pattern: readonly string[], actual: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== actual.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = decodeSegment(actual[index] ?? '');
    if (segment === undefined) return undefined;
    if (expected.startsWith(':')) params[expected.slice(1)] = segment;
    else if (expected !== segment) return undefined;
  }
  return params;
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Thrown for a body longer than its limit. The caller sends the response and should then close the connection. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** Reads a whole body of at most `maxBytes`. Throws BodyTooLarge as soon as it is known to be longer. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw new BodyTooLarge();
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw new BodyTooLarge();
    parts.push(part);
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size);
}

/** Sends a response once; does nothing if the client has disconnected. */
export function sendAnswer(response: ServerResponse, answer: HttpAnswer): void {
  if (response.headersSent || response.destroyed) return;
  const body = answer.body === undefined ? undefined : Buffer.from(answer.body as string);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(body?.length ?? 0) });
  response.end(body);
}

/** Builds a JSON response. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: stringifyJson(value) ?? '',
  };
}
