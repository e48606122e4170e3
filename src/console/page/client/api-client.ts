import { agentAway, type ApiFailure, failureOf } from './api-failure.js';

/** What a list or a filter is asked with; empty and absent values are left out of the address. */
export type Query = Readonly<Record<string, string | number | undefined>>;

export interface ApiClientOptions {
  readonly fetch: typeof globalThis.fetch;
  /** Called for each failure, before it is thrown: 401 asks for the key, no response means that the agent is away. */
  readonly onFailure: (failure: ApiFailure) => void;
}

/** Sends requests to the agent's API. Every method throws an ApiFailure. */
export class ApiClient {
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  async get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    return this.#send<T>(apiUrl(path, query), { method: 'GET', ...(signal && { signal }) });
  }

  /** @param body JSON text, so that digits beyond a double's precision reach the agent as they were typed. */
  async post<T>(path: string, body: string, signal?: AbortSignal): Promise<T> {
    const headers = { 'Content-Type': 'application/json' };
    return this.#send<T>(apiUrl(path), { method: 'POST', headers, body, ...(signal && { signal }) });
  }

  async delete<T>(path: string): Promise<T> {
    return this.#send<T>(apiUrl(path), { method: 'DELETE' });
  }

  /** The response of the event stream, whatever its status. */
  async stream(lastEventId: string | undefined, signal: AbortSignal): Promise<Response> {
    const headers = { Accept: 'text/event-stream', ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) };
    return this.#options.fetch(apiUrl('changes'), { headers, signal });
  }

  async #send<T>(url: string, init: RequestInit): Promise<T> {
    try {
      const { status, ok, body } = await this.#exchange(url, init);
      if (ok) return body as T;
      throw failureOf(status, body);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      const failure = error instanceof TypeError ? agentAway() : (error as ApiFailure);
      this.#options.onFailure(failure);
      throw failure;
    }
  }

  /** @throws TypeError if there is no response, or it breaks off. */
  async #exchange(url: string, init: RequestInit): Promise<{ status: number; ok: boolean; body: unknown }> {
    const response = await this.#options.fetch(url, init);
    const text = await response.text();
    return { status: response.status, ok: response.ok, body: parsed(text) };
  }
}

/** Joins the segments of a path; each may hold any character. */
export const pathOf = (...segments: readonly string[]): string => segments.map(encodeURIComponent).join('/');

function apiUrl(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return `/api/v1/${path}${search === '' ? '' : `?${search}`}`;
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}
