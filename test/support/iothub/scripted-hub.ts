import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type ScriptedAnswer, ScriptedDevices } from './scripted-devices.js';
import { type Certificates, ensureCertificates } from '../../../src/sandbox/certificates.js';

/** What the hub does with one request instead of answering it properly. */
export type Misbehaviour =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Record<string, string>;
    }
  /** Status 200 with this body. */
  | { readonly kind: 'body'; readonly body: string; readonly contentType?: string; readonly isProcessed?: boolean }
  | { readonly kind: 'resetBefore' }
  | { readonly kind: 'resetAfter' }
  /** Half of the response, then the end of the connection. */
  | { readonly kind: 'cutOff' }
  | { readonly kind: 'hang' };

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface JobDocument {
  [key: string]: unknown;
}

/**
 * An HTTPS server with just enough of jobs v2 and of single devices to see what a client makes of it, and a script of misbehaviours: before
 * each request, `decide` determines what goes wrong.
 */
export class ScriptedHub {
  readonly jobs = new Map<string, JobDocument>();
  readonly seen: SeenRequest[] = [];
  /** How often a job was created. */
  made = 0;
  results: JobDocument[] = [];
  readonly devices = new ScriptedDevices(refusal);
  decide: (request: SeenRequest, index: number) => Misbehaviour | undefined = () => undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly certificates: Certificates;

  private constructor(certificates: Certificates) {
    this.certificates = certificates;
    this.#server = createServer({ key: certificates.keyPem, cert: certificates.certPem }, (request, response) => {
      void this.#serve(request, response);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<ScriptedHub> {
    certificates ??= ensureCertificates(undefined, ['hub.test', 'localhost']);
    const hub = new ScriptedHub(await certificates);
    await new Promise<void>((resolve) => hub.#server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connectionString(): string {
    return `HostName=hub.test;SharedAccessKeyName=iothubowner;SharedAccessKey=${Buffer.from('key').toString('base64')}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  count(method: string, pathPart = ''): number {
    return this.seen.filter((request) => request.method === method && request.path.includes(pathPart)).length;
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(parts).toString('utf8'),
    };
    const wrong = this.decide(seen, this.seen.length);
    this.seen.push(seen);
    if (wrong) this.#misbehave(wrong, seen, request, response);
    else send(response, this.#answer(seen));
  }

  #misbehave(wrong: Misbehaviour, seen: SeenRequest, request: IncomingMessage, response: ServerResponse): void {
    switch (wrong.kind) {
      case 'status':
        return send(response, {
          status: wrong.status,
          text: wrong.body ?? '',
          headers: { 'content-type': 'application/json; charset=utf-8', ...wrong.headers },
        });
      case 'body':
        if (wrong.isProcessed === true) this.#answer(seen);
        return send(response, {
          status: 200,
          text: wrong.body,
          headers: { 'content-type': wrong.contentType ?? 'application/json; charset=utf-8' },
        });
      case 'resetBefore':
        request.socket.destroy();
        return;
      case 'resetAfter':
        this.#answer(seen);
        request.socket.destroy();
        return;
      case 'cutOff':
        this.#answer(seen);
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"jobId":');
        setImmediate(() => request.socket.destroy());
        return;
      case 'hang':
    }
  }

  #answer(request: SeenRequest): Answer {
    const url = new URL(request.path, 'https://hub.test');
    const [, first, , third, action] = url.pathname.split('/');
    if (url.pathname === '/devices/query') return page(this.results, request);
    if (first === 'devices' || first === 'twins') return this.devices.answer(request);
    if (third === 'query') return page(this.#list(url.searchParams), request);
    const id = decodeURIComponent(third ?? '');
    if (request.method === 'PUT') return this.#put(id, JSON.parse(request.body) as JobDocument);
    const job = this.jobs.get(id);
    if (action === 'cancel') return this.#cancel(id, job);
    return ok(job ?? { jobId: id, type: 'unknown', status: 'unknown' });
  }

  #list(filters: URLSearchParams): JobDocument[] {
    const status = filters.get('jobStatus');
    const type = filters.get('jobType');
    return [...this.jobs.values()].filter(
      (job) => (!status || job['status'] === status) && (!type || job['type'] === type),
    );
  }

  #put(id: string, body: JobDocument): Answer {
    if (this.jobs.has(id)) return refusal(409, 'JobAlreadyExists', 'Job already exists.');
    this.made += 1;
    this.jobs.set(id, { ...body, status: 'running', createdTime: '2026-01-01T00:00:00.1234567Z' });
    return ok({ jobId: id, type: body['type'], status: 'queued' });
  }

  #cancel(id: string, job: JobDocument | undefined): Answer {
    if (!job) return refusal(404, 'JobNotFound', 'Job not found.');
    const status = String(job['status']);
    if (!['scheduled', 'queued', 'pending'].includes(status))
      return refusal(405, 'OperationNotAllowedInCurrentState', `Job cannot be cancelled in '${status}' status.`);
    job['status'] = 'cancelled';
    return ok({ jobId: id, type: job['type'], status: 'cancelled' });
  }
}

let certificates: Promise<Certificates> | undefined;

type Answer = ScriptedAnswer;

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const ok = (value: unknown): Answer => ({ status: 200, text: JSON.stringify(value), headers: JSON_TYPE });

/** The first form of Azure's error bodies. */
export function azureError(code: string, message: string): string {
  return JSON.stringify({
    Message: `ErrorCode:${code};${message}`,
    ExceptionMessage: 'Tracking ID:0123456789abcdef-G:5-TimeStamp:01/18/2026 08:11:45',
  });
}

function refusal(status: number, code: string, message: string): Answer {
  return { status, text: azureError(code, message), headers: { ...JSON_TYPE, 'iothub-errorcode': code } };
}

function page(all: readonly JobDocument[], request: SeenRequest): Answer {
  const size = Number(request.headers['x-ms-max-item-count'] ?? 100);
  const start = Number(request.headers['x-ms-continuation'] ?? 0);
  const next = start + size;
  const more = next < all.length ? { 'x-ms-continuation': String(next) } : {};
  return { status: 200, text: JSON.stringify(all.slice(start, next)), headers: { ...JSON_TYPE, ...more } };
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, answer.headers ?? {});
  response.end(answer.text);
}
