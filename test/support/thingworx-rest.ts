import { eventually } from './eventually.js';

export interface RestAnswer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

export type TableRow = Readonly<Record<string, unknown>>;

/** Calls the REST API of a ThingWorx as a mashup or curl does, independently of src/thingworx-rest. */
export class RestCaller {
  constructor(
    readonly url: string,
    readonly appKey: string,
    readonly thing: string,
  ) {}

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<RestAnswer> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { appKey: this.appKey, accept: 'application/json', 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      json: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined,
    };
  }

  invoke(service: string, parameters: unknown = {}): Promise<RestAnswer> {
    return this.request('POST', `/Thingworx/Things/${this.thing}/Services/${service}`, parameters);
  }

  /** Invokes a service and returns the rows of the result; throws the text of an error. */
  async rows(service: string, parameters: unknown = {}): Promise<readonly TableRow[]> {
    const answer = await this.invoke(service, parameters);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return (answer.json as { rows: TableRow[] }).rows;
  }

  /** Invokes a service with a scalar result. */
  async result(service: string, parameters: unknown = {}): Promise<unknown> {
    return (await this.rows(service, parameters))[0]?.['result'];
  }

  /** Polls a job until it has ended. */
  async ended(jobId: string): Promise<TableRow> {
    const [job] = await eventually(
      () => this.rows('GetJob', { jobId }),
      ([row]) => ['completed', 'failed', 'cancelled'].includes(String(row?.['status'])),
    );
    return job as TableRow;
  }
}
