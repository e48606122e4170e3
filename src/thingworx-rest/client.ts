import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { AgentError, messageOf } from '../core/errors.js';
import { parseJson, stringifyJson } from '../core/exact-json.js';
import { type ConnectionRequest, proxiedConnection } from '../core/proxied-connection.js';
import { type Scrub, scrubber } from '../core/scrub.js';
import { type ThingWorxAddress } from './address.js';

export interface ThingWorxClientOptions {
  readonly address: ThingWorxAddress;
  /** Secret: sent as a header, never put into a URL. */
  readonly appKey: string;
  /** PEM of the authorities to trust instead of those of the system. */
  readonly ca?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  /** URL of an HTTP proxy. */
  readonly proxy?: string;
  /** How long one request may take, 60,000 when absent. */
  readonly timeoutMs?: number;
}

/** What ThingWorx answered. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;
/** A result of the agent has at most 1 MiB on the wire; as JSON of the REST API it is a few times as long. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_REASON_LENGTH = 2000;

/** A client of ThingWorx's REST API, as far as services and their definitions go. */
export class ThingWorxClient {
  readonly #options: ThingWorxClientOptions;
  readonly #scrub: Scrub;

  constructor(options: ThingWorxClientOptions) {
    this.#options = options;
    this.#scrub = scrubber([options.appKey]);
  }

  /**
   * Calls a service of a Thing. Returns what ThingWorx sent as JSON, whole numbers with their digits: an InfoTable `{dataShape, rows}`, the bare value of a
   * JSON result, or undefined for no result.
   * @throws AgentError `Unreachable`, `ConnectionRefused` for a refused key, `RequestRefused` with the reason of ThingWorx,
   * `RequestTimeout`.
   */
  async invokeService(thing: string, service: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> {
    const path = `/Things/${encodeURIComponent(thing)}/Services/${encodeURIComponent(service)}`;
    return parsed(await this.#send('POST', path, stringifyJson(parameters)));
  }

  /** What a Thing offers: services with their parameters under `serviceDefinitions`. @throws as `invokeService`. */
  async thingMetadata(thing: string): Promise<unknown> {
    return parsed(await this.#send('GET', `/Things/${encodeURIComponent(thing)}/Metadata`));
  }

  /** Any answer, whatever its status: for looking at a ThingWorx. @throws AgentError `Unreachable`, `RequestTimeout`. */
  probe(path: string): Promise<RestAnswer> {
    return this.#exchange('GET', path);
  }

  async #send(method: string, path: string, body?: string): Promise<RestAnswer> {
    const answer = await this.#exchange(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusal(answer, this.#scrub);
  }

  #exchange(method: string, path: string, body?: string): Promise<RestAnswer> {
    const { address, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    const url = new URL(`${address.restUrl}${path}`);
    const signal = AbortSignal.timeout(timeoutMs);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(connectionError(error, signal, url));
      const send = address.isSecure ? secureRequest : plainRequest;
      const request: ClientRequest = send(url, this.#requestOptions(method, body, signal), (response) => {
        readText(response).then(
          (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          fail,
        );
      });
      request.on('error', fail);
      request.end(body);
    });
  }

  #requestOptions(method: string, body: string | undefined, signal: AbortSignal): ConnectionRequest {
    const { address, appKey, ca, clientCertificate, clientKey, proxy } = this.#options;
    const headers: Record<string, string> = { appKey, accept: 'application/json' };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = String(Buffer.byteLength(body));
    }
    return {
      method,
      headers,
      signal,
      connectSignal: signal,
      ...(ca === undefined ? {} : { ca }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate }),
      ...(clientKey === undefined ? {} : { key: clientKey }),
      ...(proxy === undefined ? {} : { createConnection: proxiedConnection({ proxy, isSecure: address.isSecure }) }),
    };
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new Error(`the answer is larger than ${MAX_BODY_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parsed({ text }: RestAnswer): unknown {
  if (text.trim() === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    throw new AgentError('RequestRefused', 'ThingWorx answered with something that is not JSON; check the address');
  }
}

/** The reason is scrubbed before it is cut, so that no part of a secret stays. */
function refusal({ status, text }: RestAnswer, scrub: Scrub): AgentError {
  const reason = scrub(text.trim()).slice(0, MAX_REASON_LENGTH);
  if (status === 401) {
    return new AgentError('ConnectionRefused', 'ThingWorx refuses the application key (401); check it and its user');
  }
  const sentence = reason === '' ? `ThingWorx answered with status ${status}` : `${reason} (status ${status})`;
  return new AgentError('RequestRefused', sentence, { context: { status } });
}

function connectionError(error: unknown, signal: AbortSignal, url: URL): AgentError {
  if (signal.aborted) {
    return new AgentError('RequestTimeout', `${url.host} has not answered in time`, { cause: error });
  }
  const code = (error as NodeJS.ErrnoException).code;
  const why = error instanceof AggregateError && code ? code : messageOf(error);
  return new AgentError('Unreachable', `${url.host} cannot be reached: ${why}`, { cause: error });
}
