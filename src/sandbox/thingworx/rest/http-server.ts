import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../../core/log.js';
import { messageOf } from '../../../core/errors.js';
import {
  BodyTooLarge,
  type HttpAnswer,
  readBody,
  type Router,
  type RouteMatch,
  sendAnswer,
} from '../../http/router.js';
import { ServiceFailure } from '../model/service-failure.js';
import { RestError } from './rest-error.js';

export interface RestServerOptions {
  readonly routes: Router;
  /** Consulted first: the sandbox's own routes, which take any content type. */
  readonly mount?: Router;
  readonly isAppKey: (key: string) => boolean;
  readonly maxBodyBytes: number;
  readonly log: Log;
}

/** The sandbox's own routes accept only small settings. */
const MAX_OWN_BODY_BYTES = 65_536;
const ALLOWED_TYPES = ['application/json', 'application/xml', 'text/xml'];

/** Handles every HTTP request to the platform's port. Never throws; an unexpected error is logged and answered 500. */
export function restHandler(options: RestServerOptions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(options, request, response)
      .catch((error: unknown) => failure(options, request, error))
      .then((result) => {
        if (result.status === 413) response.setHeader('connection', 'close');
        sendAnswer(response, result);
      })
      .catch((error: unknown) => options.log.error({ err: error }, 'a response could not be sent'));
  };
}

async function answer(
  options: RestServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<HttpAnswer> {
  const url = targetOf(request);
  checkKey(options, request, url);
  const method = request.method ?? 'GET';
  const mounted = options.mount?.match(method, url.pathname);
  const match = mounted && mounted.kind !== 'none' ? mounted : options.routes.match(method, url.pathname);
  const found = foundOrThrow(match, method, url.pathname);
  if (match !== mounted) checkContentType(request, method);
  const body = await readBody(request, match === mounted ? MAX_OWN_BODY_BYTES : options.maxBodyBytes);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const { headers } = request;
  const { pathname: path, searchParams: query } = url;
  return found.handler({ method, params: found.params, path, query, headers, body, signal: gone.signal, raw: request });
}

/** Throws RestError 400 for a target that is not a path. */
function targetOf({ url = '/' }: IncomingMessage): URL {
  const [path = '/', ...query] = url.split('?');
  if (!path.startsWith('/')) throw new RestError(400, 'Bad Request : the target must be a path');
  // Two slashes at the start would name another host.
  return new URL(`http://sandbox${path.replace(/^\/+/, '/')}${query.length > 0 ? `?${query.join('?')}` : ''}`);
}

/** Throws RestError 401. A key in the URL would appear in the logs of proxies, so it is refused there [TWX 5.1]. */
function checkKey({ isAppKey }: RestServerOptions, request: IncomingMessage, url: URL): void {
  if ([...url.searchParams.keys()].some((name) => name.toLowerCase() === 'appkey'))
    throw new RestError(401, 'Unauthorized : ApplicationKey Is Not Allowed As A URL Parameter');
  const key = request.headers['appkey'];
  if (typeof key !== 'string' || !isAppKey(key))
    throw new RestError(401, 'Unauthorized : send a valid application key in the header appKey');
}

/** Throws RestError 403 for a content type that a form on another site could send [TWX 5.2]. */
function checkContentType({ headers }: IncomingMessage, method: string): void {
  if (method === 'GET' || method === 'HEAD') return;
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') {
    if (headers['x-xsrf-token'] === 'TWX-XSRF-TOKEN-VALUE') return;
    throw new RestError(403, 'Forbidden : multipart/form-data needs the header X-XSRF-TOKEN: TWX-XSRF-TOKEN-VALUE');
  }
  const isEmpty = type === '' && Number(headers['content-length'] ?? 0) === 0;
  if (isEmpty || ALLOWED_TYPES.includes(type)) return;
  throw new RestError(403, `Forbidden : the Content-Type must be ${ALLOWED_TYPES.join(', ')}`);
}

function foundOrThrow(match: RouteMatch, method: string, path: string): Extract<RouteMatch, { kind: 'found' }> {
  if (match.kind === 'found') return match;
  if (match.kind === 'wrongMethod')
    throw new RestError(405, `Method Not Allowed : ${method} here; allowed: ${match.allowed.join(', ')}`);
  throw new RestError(404, `Entity Not Found : [${path}] : the sandbox does not have this address`);
}

function failure({ log }: RestServerOptions, request: IncomingMessage, error: unknown): HttpAnswer {
  if (error instanceof RestError) return error.answer;
  if (error instanceof ServiceFailure) return RestError.from(error).answer;
  if (error instanceof BodyTooLarge) return new RestError(413, 'Payload Too Large').answer;
  log.error({ err: error, path: request.url?.split('?')[0] }, 'a request to the platform failed');
  return new RestError(500, `Internal Server Error : ${messageOf(error)}`).answer;
}
