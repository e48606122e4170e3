import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, sleep } from '../../../core/clock.js';
import { messageOf } from '../../../core/errors.js';
import type { Log } from '../../../core/log.js';
import { BodyTooLarge, type HttpAnswer, readBody, Router, sendAnswer } from '../../http/router.js';
import type { Gatekeeper } from '../access/gatekeeper.js';
import { errorAnswer } from '../answers/error-answer.js';
import { argumentInvalid, ServiceError } from '../answers/service-error.js';
import type { Throttle } from '../tiers/throttle.js';
import { checkApiVersion, effectiveMethod } from './request-rules.js';
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
