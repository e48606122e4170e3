import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { AgentError, isAgentError, messageOf } from '../core/errors.js';
import { parseJson, stringifyJson } from '../core/exact-json.js';
import { isPlainObject, omitUndefined } from '../core/objects.js';
import { type ConnectionRequest, proxiedConnection } from '../core/proxied-connection.js';
import { type Scrub, scrubber } from '../core/scrub.js';
import type { ThingWorxAddress } from '../core/addresses.js';

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
  /** How long one request may take; by default 60,000. */
  readonly timeoutMs?: number;
}

/** A response of ThingWorx. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;
/** A result of the agent has at most 1 MiB on the wire; as JSON it is a few times as long. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_REASON_LENGTH = 2000;
/** Codes of OpenSSL for a certificate whose authority is not trusted. */
const UNTRUSTED = /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;

/** A client of the ThingWorx REST API for services and their definitions. */
export class ThingWorxClient {
  readonly #options: ThingWorxClientOptions;
  readonly #scrub: Scrub;

  constructor(options: ThingWorxClientOptions) {
    this.#options = options;
    this.#scrub = scrubber([options.appKey]);
  }

  /**
   * Calls a service of a Thing and returns its result with all digits of whole numbers: an InfoTable `{dataShape, rows}`,
   * the bare value of a JSON result, or undefined for no result.
   * @throws AgentError `Unreachable`, `ConnectionRefused` for a refused key, `RequestRefused` with the reason of ThingWorx,
   * `RequestTimeout`.
   */
  async invokeService(thing: string, service: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> {
    const path = `/Things/${encodeURIComponent(thing)}/Services/${encodeURIComponent(service)}`;
    return parsed(await this.#send('POST', path, stringifyJson(parameters)));
  }

  /** Returns the metadata of a Thing, with its services in `serviceDefinitions`. @throws like `invokeService`. */
  async thingMetadata(thing: string): Promise<unknown> {
    return parsed(await this.#send('GET', `/Things/${encodeURIComponent(thing)}/Metadata`));
  }

  /** Sends a GET and returns the response, whatever its status. @throws AgentError `Unreachable`, `RequestTimeout`. */
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
      connectSignal: { signal },
      ...omitUndefined({ ca, cert: clientCertificate, key: clientKey }),
      ...(proxy !== undefined && { createConnection: proxiedConnection({ proxy, isSecure: address.isSecure }) }),
    };
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY_BYTES) {
      const problem = `The response of ThingWorx is larger than ${MAX_BODY_BYTES} bytes; ask for fewer rows`;
      throw new AgentError('RequestRefused', problem);
    }
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

/** The reason is scrubbed before it is cut, so that no part of a secret remains. */
function refusal({ status, text }: RestAnswer, scrub: Scrub): AgentError {
  const reason = scrub(text.trim()).slice(0, MAX_REASON_LENGTH);
  if (status === 401) {
    return new AgentError(
      'ConnectionRefused',
      'ThingWorx rejects the application key (401); check the key and its user',
    );
  }
  const sentence = reason === '' ? `ThingWorx answered with status ${status}` : `${reason} (status ${status})`;
  return new AgentError('RequestRefused', sentence, { context: { status } });
}

function connectionError(error: unknown, signal: AbortSignal, url: URL): AgentError {
  if (isAgentError(error)) return error;
  if (signal.aborted) {
    return new AgentError('RequestTimeout', `${url.host} did not answer in time; repeat the call`, { cause: error });
  }
  return new AgentError('Unreachable', `${url.host} cannot be reached: ${causeOf(error)}`, { cause: error });
}

function causeOf(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'EPROTO') return 'it does not speak TLS on this port (EPROTO); check scheme and port of the address';
  const cause = error instanceof AggregateError && code ? code : messageOf(error);
  return UNTRUSTED.test(code) ? `${cause}; add its certificate authority to the CA file` : cause;
}

/** An InfoTable in the form of the REST API [TWX 5.3]. */
export interface RestInfoTable {
  readonly fields: readonly { readonly name: string; readonly baseType: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Reads `{dataShape: {fieldDefinitions}, rows}`; returns undefined for anything else, such as a bare JSON result. */
export function readInfoTable(value: unknown): RestInfoTable | undefined {
  if (!isPlainObject(value) || !Array.isArray(value['rows']) || !isPlainObject(value['dataShape'])) return undefined;
  const definitions = value['dataShape']['fieldDefinitions'];
  const list = Array.isArray(definitions) ? definitions : Object.values(isPlainObject(definitions) ? definitions : {});
  const fields = list.filter(isPlainObject).sort((a, b) => Number(a['ordinal'] ?? 0) - Number(b['ordinal'] ?? 0));
  return {
    fields: fields.map((field) => ({ name: String(field['name']), baseType: String(field['baseType']) })),
    rows: value['rows'].filter(isPlainObject),
  };
}

/** Returns the value of a scalar result, which is a table with one field `result` and one row. */
export function scalarResult(table: RestInfoTable): { readonly value: unknown } | undefined {
  if (table.fields.length !== 1 || table.fields[0]?.name !== 'result' || table.rows.length !== 1) return undefined;
  return { value: table.rows[0]?.['result'] };
}

/** Returns the base types of a service's parameters by name; undefined if the metadata does not have the service. */
export function parameterTypes(metadata: unknown, service: string): ReadonlyMap<string, string> | undefined {
  const services = isPlainObject(metadata) ? metadata['serviceDefinitions'] : undefined;
  const definition = isPlainObject(services) ? services[service] : undefined;
  if (!isPlainObject(definition)) return undefined;
  const inputs = isPlainObject(definition['Inputs']) ? definition['Inputs'] : definition;
  const fields = inputs['fieldDefinitions'] ?? inputs['parameterDefinitions'] ?? {};
  const list = Array.isArray(fields) ? fields : Object.values(isPlainObject(fields) ? fields : {});
  return new Map(list.filter(isPlainObject).map((field) => [String(field['name']), String(field['baseType'])]));
}
