import type { IncomingHttpHeaders } from 'node:http';
import { untilAborted } from '../core/promises.js';
import type { CallContext } from '../core/call-context.js';
import { type Clock, systemClock } from '../core/clock.js';
import { AgentError, isAgentError } from '../core/errors.js';
import { omitUndefined } from '../core/objects.js';
import { abortError, connectionError, unexpectedAnswerError } from './connection-errors.js';
import { type Authorizer, createAuthorizer, type HubCredentials, type TokenCredential } from './credentials.js';
import { refusalError } from './hub-errors.js';
import { deviceOperations } from './device-requests.js';
import { createHubPort } from './hub-port.js';
import { type EndpointOptions, HttpsRequests, type RequestExtras } from './https-requests.js';
import { jobRequestBody } from './job-request.js';
import { BodyParser } from './parse-body.js';
import type { HubDocument, HubOperations, HubPage, HubPort, HubTier, PageRequest } from './ports.js';
import type { RetryOptions } from './retry.js';
import { document, documentOf, type RestAnswer, type RestRequest } from './rest-request.js';
import { tierLimits } from './tier-limits.js';

export interface HubOptions extends Omit<EndpointOptions, 'hostName'> {
  readonly credentials: HubCredentials;
  readonly tier: HubTier;
  readonly units: number;
  /** `name/version` of this software. */
  readonly userAgent?: string;
  readonly clock?: Clock;
  readonly retry?: RetryOptions;
  /** Replaces @azure/identity. */
  readonly loadTokenCredential?: (kind: 'default' | 'managedIdentity') => TokenCredential;
}

/** An open hub whose credentials can be replaced. */
export interface OpenHubPort extends HubPort {
  /**
   * Uses other credentials for each request from now on; requests in flight keep theirs.
   * @throws AgentError `ConfigurationInvalid` if they are invalid or for another hub.
   */
  renew(credentials: HubCredentials): void;
}

/** The API version of the SDK. */
const API_VERSION = 'api-version=2021-04-12';
/** The most items of a page that was requested without a size. */
const MAX_ITEMS = 1000;
const DEFAULT_USER_AGENT = 'thingworx-iothub-agent';

/**
 * Returns a port to a hub, over the REST client of azure-iothub. Nothing is loaded or sent before the first call.
 * @throws AgentError `ConfigurationInvalid` for invalid credentials or an invalid address.
 */
export function openHub(options: HubOptions): OpenHubPort {
  const clock = options.clock ?? systemClock;
  const authorizerOf = (credentials: HubCredentials): Authorizer =>
    createAuthorizer(credentials, clock, options.loadTokenCredential);
  const authorizer = authorizerOf(options.credentials);
  const requests = new HttpsRequests({ ...options, hostName: authorizer.hostName });
  const rest = new RestCalls(authorizer, requests, options.userAgent ?? DEFAULT_USER_AGENT);
  const port = createHubPort({
    hostName: authorizer.hostName,
    operations: azureOperations(rest),
    devices: deviceOperations((context, request) => rest.call(context, request)),
    limits: tierLimits(options.tier, options.units),
    clock,
    close: () => requests.close(),
    ...(options.retry && { retry: options.retry }),
  });
  return { ...port, renew: (credentials) => rest.renew(authorizerOf(credentials)) };
}

/** The operations with one attempt each; hub-port.ts adds budgets and retries. */
function azureOperations(rest: RestCalls): HubOperations {
  const jobPath = (jobId: string): string => `/jobs/v2/${encodeURIComponent(jobId)}`;
  return {
    async scheduleJob(context, job) {
      const answer = await rest.call(context, { method: 'PUT', path: jobPath(job.jobId), body: jobRequestBody(job) });
      return documentOf(answer.body) ?? {};
    },
    async getJob(context, jobId) {
      return document(await rest.call(context, { method: 'GET', path: jobPath(jobId) }));
    },
    async listJobs(context, request) {
      const filters = [
        ...(request.status === undefined ? [] : [`jobStatus=${encodeURIComponent(request.status)}`]),
        ...(request.type === undefined ? [] : [`jobType=${encodeURIComponent(request.type)}`]),
      ];
      const headers = pageHeaders(request);
      const limit = itemLimit(request);
      return page(
        await rest.call(context, { method: 'GET', path: '/jobs/v2/query', filters, headers, ...limit }),
        request,
      );
    },
    async cancelJob(context, jobId) {
      const answer = await rest.call(context, { method: 'POST', path: `${jobPath(jobId)}/cancel` });
      return documentOf(answer.body) ?? {};
    },
    async query(context, request) {
      const body = JSON.stringify({ query: request.query });
      const headers = pageHeaders(request);
      const limit = itemLimit(request);
      return page(
        await rest.call(context, { method: 'POST', path: '/devices/query', body, headers, ...limit }),
        request,
      );
    },
  };
}

const itemLimit = ({ pageSize }: PageRequest): { maxItems?: number } => omitUndefined({ maxItems: pageSize });

/** Page size and token are sent as headers. */
function pageHeaders(request: PageRequest): Record<string, string> {
  const { pageSize, continuationToken } = request;
  return {
    ...(pageSize !== undefined && { 'x-ms-max-item-count': String(pageSize) }),
    ...(continuationToken !== undefined && { 'x-ms-continuation': continuationToken }),
  };
}

interface ApiResponse {
  readonly statusCode?: number;
  readonly headers?: IncomingHttpHeaders;
}

type ApiCallback = (error: unknown, body: unknown, response?: ApiResponse) => void;

/** The only method of the SDK's RestApiClient that is used, with its real signature. */
interface RestApiClient {
  executeApiCall(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | undefined,
    timeout: undefined,
    extras: RequestExtras,
    done: ApiCallback,
  ): void;
}

interface AuthorizedRequest extends RestRequest {
  readonly authorization: string;
  /** Notes that the request has a connection, over which the hub may receive it. */
  readonly sending: { isSent: boolean };
}

/** Sends requests through one shared RestApiClient; each is aborted with its context. */
class RestCalls {
  #authorizer: Authorizer;
  readonly #requests: HttpsRequests;
  readonly #userAgent: string;
  readonly #parser = new BodyParser();
  #client: Promise<RestApiClient> | undefined;

  constructor(authorizer: Authorizer, requests: HttpsRequests, userAgent: string) {
    this.#authorizer = authorizer;
    this.#requests = requests;
    this.#userAgent = userAgent;
  }

  renew(authorizer: Authorizer): void {
    if (authorizer.hostName !== this.#authorizer.hostName)
      throw new AgentError('ConfigurationInvalid', 'The new credentials are for another hub; restart the agent.');
    this.#authorizer = authorizer;
  }

  async call(context: CallContext, request: RestRequest): Promise<RestAnswer> {
    const authorizer = this.#authorizer;
    const sending = { isSent: false };
    try {
      const client = await (this.#client ??= this.#load());
      const authorization = await authorizationOf(authorizer, context);
      return await this.#send(client, context, { ...request, authorization, sending });
    } catch (error) {
      const failure = this.#errorOf(context, error, sending.isSent);
      if (isAgentError(failure, 'HubUnauthorized')) authorizer.forget();
      throw failure;
    }
  }

  async #load(): Promise<RestApiClient> {
    const sdk = await import('azure-iothub/dist/common-http/rest_api_client.js');
    const config = { host: this.#authorizer.hostName };
    return new sdk.RestApiClient(config, this.#userAgent, this.#requests as never) as unknown as RestApiClient;
  }

  #send(client: RestApiClient, context: CallContext, request: AuthorizedRequest): Promise<RestAnswer> {
    const { authorization, sending } = request;
    const path = `${request.path}?${[API_VERSION, ...(request.filters ?? [])].join('&')}`;
    const headers: Record<string, string> = {
      ...request.headers,
      Authorization: authorization,
      // Shown in the diagnostic logs of the hub.
      'x-ms-client-request-id': context.correlationId,
    };
    if (request.body !== undefined) headers['Content-Type'] = 'application/json; charset=utf-8';
    let body: unknown;
    let isEmpty = true;
    const onBody = async (text: string): Promise<void> => {
      isEmpty = text === '';
      body = text === '' ? undefined : await this.#parser.parse(text, request.maxItems ?? MAX_ITEMS);
    };
    return new Promise((resolve, reject) => {
      const { abortReason } = context;
      if (abortReason !== undefined) throw abortReason;
      client.executeApiCall(
        request.method,
        path,
        headers,
        request.body,
        undefined,
        { context, onBody, onConnected: () => (sending.isSent = true) },
        (error, _body, response) => {
          if (error !== null && error !== undefined) reject(error);
          else resolve(answerOf(response, { body, isEmpty }));
        },
      );
    });
  }

  #errorOf(context: CallContext, error: unknown, isSent: boolean): Error {
    if (isAgentError(error)) return error;
    if (context.abortReason !== undefined) return abortError(context, this.#authorizer.hostName, isSent);
    const refusal = refusalOf(error);
    return refusal ? refusalError(refusal) : connectionError(error, this.#authorizer.hostName, isSent);
  }
}

/** A credential that hangs must neither delay the end of the call nor cause a request after the deadline. */
async function authorizationOf(authorizer: Authorizer, context: CallContext): Promise<string> {
  try {
    const authorization = authorizer.authorization();
    return typeof authorization === 'string' ? authorization : await untilAborted(context.signal, authorization);
  } catch (error) {
    if (context.signal.aborted) throw error;
    throw tokenError(error);
  }
}

function answerOf(response: ApiResponse | undefined, content: { body: unknown; isEmpty: boolean }): RestAnswer {
  const headers = response?.headers ?? {};
  const body = isJson(headers) ? content.body : undefined;
  const isMalformed = isJson(headers) && !content.isEmpty && body === undefined;
  return { status: response?.statusCode ?? 0, body, isMalformed, headers };
}

/** Whether a response is declared as JSON. Other content, such as a page of a gateway, does not come from the hub. */
function isJson(headers: IncomingHttpHeaders | undefined): boolean {
  return headers?.['content-type']?.includes('application/json') === true;
}

function refusalOf(error: unknown): { status: number; headers: IncomingHttpHeaders; body: string } | undefined {
  const { response, responseBody } = (error ?? {}) as {
    response?: { statusCode?: number; headers?: IncomingHttpHeaders };
    responseBody?: unknown;
  };
  if (typeof response?.statusCode !== 'number') return undefined;
  const body = typeof responseBody === 'string' ? responseBody : '';
  return { status: response.statusCode, headers: response.headers ?? {}, body };
}

/** Reads an array whose token is in a header, or an object with both, as the published API description has it. */
function page(answer: RestAnswer, { pageSize = MAX_ITEMS }: PageRequest): HubPage {
  const wrapped = documentOf(answer.body);
  const items = wrapped ? wrapped['items'] : answer.body;
  if (!Array.isArray(items)) throw unexpectedAnswerError('something that is not a JSON array');
  if (items.length > pageSize) throw unexpectedAnswerError(`more items than the ${pageSize} that were requested`);
  const token: unknown = answer.headers['x-ms-continuation'] ?? wrapped?.['continuationToken'];
  return {
    items: items.map(listedDocument),
    ...(typeof token === 'string' && token !== '' && { continuationToken: token }),
  };
}

function listedDocument(item: unknown): HubDocument {
  const found = documentOf(item);
  if (!found) throw unexpectedAnswerError('a list that has items other than JSON objects');
  return found;
}

function tokenError(error: unknown): AgentError {
  return new AgentError(
    'HubUnauthorized',
    'Could not obtain an Entra ID token for the hub; check the managed identity or the environment of the agent.',
    { cause: error },
  );
}
