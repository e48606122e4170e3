import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, sleep } from '../../../core/clock.js';
import { messageOf } from '../../../core/errors.js';
import type { Log } from '../../../core/log.js';
import { BodyTooLarge, type HttpAnswer, readBody, Router, sendAnswer } from '../../http/router.js';
import type { Gatekeeper } from '../access/gatekeeper.js';
import { errorAnswer } from '../answers/error-answer.js';
import { argumentInvalid, ServiceError } from '../answers/service-error.js';
import type { Throttle } from '../tiers/throttle.js';
import type { ServiceRequest, ServiceRoute } from './service-route.js';

const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** How long the rest of a rejected body is read and dropped, so that the client can read the response. */
const LINGER_MS = 1_000;

export interface ServiceApiOptions {
  readonly routes: readonly ServiceRoute[];
  /** Additional routes for holders of the owner policy; they need no api-version. */
  readonly adminRoutes?: Router;
  readonly gatekeeper: Gatekeeper;
  readonly throttle: Throttle;
  readonly latencyMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

type Handle = (request: ServiceRequest) => Promise<HttpAnswer> | HttpAnswer;

interface Target {
  readonly handle: Handle;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The protocol layer of the service API: route, authorization, version, throttle and body, then the handler and its
 * response.
 */
export class ServiceApi {
  readonly #options: ServiceApiOptions;
  readonly #router = new Router();
  readonly #routeOf = new Map<Handle, ServiceRoute>();

  constructor(options: ServiceApiOptions) {
    this.#options = options;
    for (const route of options.routes) {
      const handle: Handle = (request) => route.handle(request);
      this.#routeOf.set(handle, route);
      this.#router.add(route.method, route.pattern, handle);
    }
  }

  /** Answers one request; never throws. */
  async serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('The client has disconnected.')));
    const answer = await this.#answer(raw, gone.signal);
    if (this.#options.latencyMs > 0) {
      await sleep(this.#options.clock, this.#options.latencyMs, gone.signal).catch(() => undefined);
    }
    sendAnswer(response, answer);
    if (!raw.complete) lingerAndClose(raw, this.#options.clock);
  }

  async #answer(raw: IncomingMessage, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      return await this.#handle(raw, signal);
    } catch (error) {
      const failure = this.#failureOf(error, raw, signal);
      const answer = errorAnswer(failure, this.#options.clock.nowMs());
      this.#options.log.debug(
        { code: failure.code, status: failure.status, method: raw.method },
        'refused a service request',
      );
      return answer;
    }
  }

  #failureOf(error: unknown, raw: IncomingMessage, signal: AbortSignal): ServiceError {
    if (error instanceof ServiceError) return error;
    if (signal.aborted) return new ServiceError('ServiceUnavailable', 'The client has disconnected.');
    if (error instanceof BodyTooLarge) {
      return new ServiceError('MessageTooLarge', `The body has more than ${MAX_BODY_BYTES} bytes.`);
    }
    this.#options.log.error({ err: messageOf(error), method: raw.method }, 'a service request failed inside the hub');
    return new ServiceError('ServerError', 'The hub failed; see its log.');
  }

  async #handle(raw: IncomingMessage, signal: AbortSignal): Promise<HttpAnswer> {
    const [path, query] = splitTarget(raw.url ?? '/');
    const method = effectiveMethod(raw);
    const target = this.#admin(raw, method, path) ?? (await this.#service(raw, { method, path, query }, signal));
    const body = await readBody(raw, MAX_BODY_BYTES);
    return target.handle({
      method,
      params: target.params,
      path,
      query,
      headers: raw.headers,
      body,
      signal,
      raw,
    });
  }

  #admin(raw: IncomingMessage, method: string, path: string): Target | undefined {
    const match = this.#options.adminRoutes?.match(method, path);
    if (match?.kind !== 'found') return undefined;
    this.#options.gatekeeper.authorize(raw.headers.authorization, path, 'owner');
    return { handle: match.handler, params: match.params };
  }

  async #service(
    raw: IncomingMessage,
    { method, path, query }: { readonly method: string; readonly path: string; readonly query: URLSearchParams },
    signal: AbortSignal,
  ): Promise<Target> {
    const { gatekeeper, throttle } = this.#options;
    const match = this.#router.match(method, path);
    const route = match.kind === 'found' ? this.#routeOf.get(match.handler) : undefined;
    // Unauthorized callers must not learn which paths exist.
    gatekeeper.authorize(raw.headers.authorization, decodePath(path), route?.right ?? 'ServiceConnect');
    if (match.kind === 'wrongMethod') {
      throw new ServiceError('MethodNotAllowed', `Allowed here: ${match.allowed.join(', ')}.`);
    }
    if (match.kind === 'none' || !route)
      throw new ServiceError('GenericNotFound', 'There is no resource under this path.');
    checkApiVersion(query.get('api-version'));
    checkLength(raw);
    await throttle.admit(route.operation, 1, signal);
    return { handle: match.handler, params: match.params };
  }
}

function splitTarget(target: string): [path: string, query: URLSearchParams] {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const isClean = path.startsWith('/') && decodePath(path).split('/').every(isCleanSegment);
  if (!isClean) throw argumentInvalid('The path of the request is not allowed.');
  return [path, new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1))];
}

// eslint-disable-next-line no-control-regex
const isCleanSegment = (segment: string): boolean => !/^\.{1,2}$|[\u0000-\u001f\u007f]/u.test(segment);

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw argumentInvalid('The path of the request is not allowed.');
  }
}

/** As in the service's front end, a POST must declare its length or chunked encoding. */
function checkLength({ method, headers }: IncomingMessage): void {
  if (method !== 'POST' || headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined)
    return;
  throw new ServiceError('LengthRequired', 'A POST needs the header content-length or transfer-encoding: chunked.');
}

function lingerAndClose(raw: IncomingMessage, clock: Clock): void {
  raw.on('error', () => undefined);
  raw.resume();
  const timer = clock.schedule(LINGER_MS, () => raw.destroy());
  raw.once('close', () => timer.cancel());
}

/** The oldest accepted version. The operations that this hub offers have not changed since then. */
const OLDEST = '2018-06-30';
const API_VERSION = /^(\d{4}-\d{2}-\d{2})(?:-preview)?$/iu;
const SHOWN_CHARACTERS = 40;

/**
 * Checks the api-version of a request. Every version from 2018-06-30 on is treated as 2021-04-12, because clients send
 * versions that are newer than any list (the Azure CLI's extension 0.25.0 sends 2024-03-31).
 * @throws ServiceError InvalidProtocolVersion
 */
export function checkApiVersion(version: string | null): void {
  if (version === null) throw invalid('The query parameter api-version is missing; add api-version=2021-04-12.');
  const date = API_VERSION.exec(version)?.[1];
  if (date !== undefined && isDate(date) && date >= OLDEST) return;
  const shown = JSON.stringify(version.slice(0, SHOWN_CHARACTERS));
  throw invalid(`The api-version ${shown} is not a date from ${OLDEST} on; use 2021-04-12.`);
}

const invalid = (message: string): ServiceError => new ServiceError('InvalidProtocolVersion', message);

function isDate(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

/**
 * Returns the effective method of a request. The HTTP client of Microsoft's Java SDK lacks PATCH and sends a POST with
 * `X-HTTP-Method-Override: PATCH`. On other methods the header has no effect.
 */
export function effectiveMethod({ method = '', headers }: Pick<IncomingMessage, 'method' | 'headers'>): string {
  const override = headers['x-http-method-override'];
  if (method !== 'POST' || typeof override !== 'string' || override.trim() === '') return method;
  return override.trim().toUpperCase();
}
