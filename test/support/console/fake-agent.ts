import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type {
  Device,
  Hub,
  Job,
  JobDevice,
  Rollout,
  RolloutDevice,
  Service,
  Status,
} from '../../../src/console/api/types.js';
import * as fleet from './fake-fleet.js';
import { fakeServices } from './fake-services.js';

/** Where `npm run build` puts the page. */
export const PAGE_FOLDER = join(__dirname, '../../../dist/console/page');
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' };
export const KEY = 'a key of the console';

/** What the API answers from; tests change it as they like. */
export interface FakeData {
  keyConfigured: boolean;
  hubs: Hub[];
  status: Status;
  jobs: Job[];
  rollouts: Rollout[];
  services: Service[];
  /** How many devices each job and roll-out has. */
  deviceCount: number;
  devices: Device[];
  jobDevice: (jobId: string, number: number) => JobDevice;
  rolloutDevice: (number: number) => RolloutDevice;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

type Answer = { readonly status?: number; readonly body: unknown };

/**
 * A stand-in for the agent's API with data that no sandbox has: hostile names, 100,000 devices, an agent that goes away.
 * It serves the page as it was built, with the headers of the real one.
 */
export class FakeAgent {
  readonly data: FakeData;
  #server: Server | undefined;
  #port = 0;
  #sessions = new Set<string>();
  readonly #streams = new Set<ServerResponse>();
  #eventId = 0;

  constructor(data: Partial<FakeData> = {}) {
    this.data = {
      keyConfigured: true,
      hubs: [fleet.hub()],
      status: fleet.status(),
      jobs: [],
      rollouts: [],
      services: fakeServices(),
      deviceCount: 240,
      devices: Array.from({ length: 25 }, (_, index) => fleet.device(`sensor-${String(index).padStart(5, '0')}`)),
      jobDevice: fleet.jobDevice,
      rolloutDevice: fleet.rolloutDevice,
      ...data,
    };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, at the second start on the same port. All sessions are forgotten, as they are by the agent. */
  async start(): Promise<void> {
    this.#sessions = new Set();
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Goes away as a killed process does. */
  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#streams.clear();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(null));
  }

  /** Sends a change to all streams. */
  send(name: string, data: unknown): void {
    this.#eventId++;
    for (const stream of this.#streams)
      stream.write(`id: ${this.#eventId}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Replaces a roll-out and sends the change. */
  change(rollout: Rollout): void {
    this.data.rollouts = this.data.rollouts.map((known) => (known.rolloutId === rollout.rolloutId ? rollout : known));
    this.send('rollout', { hub: rollout.hub, rolloutId: rollout.rolloutId, rollout });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    response.setHeader('Content-Security-Policy', CSP);
    if (!pathname.startsWith('/api/')) return this.#page(pathname, response);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const call = {
      method: request.method ?? 'GET',
      path: pathname.slice('/api/v1/'.length),
      query: searchParams,
      body,
    };
    const isSignedIn = !this.data.keyConfigured || this.#sessions.has(sessionOf(request));
    if (call.path === 'session') return this.#session(call, isSignedIn, response);
    if (!isSignedIn) return send(response, refusal(401, 'Unauthorized'));
    if (call.path === 'changes') return this.#stream(response);
    send(response, this.#answer(call));
  }

  #page(pathname: string, response: ServerResponse): void {
    const name = readdirSync(join(PAGE_FOLDER, 'assets')).find((name) => pathname === `/assets/${name}`);
    const file = name === undefined ? join(PAGE_FOLDER, 'index.html') : join(PAGE_FOLDER, 'assets', name);
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'text/plain');
    response.end(readFileSync(file));
  }

  #session({ method, body }: Call, isSignedIn: boolean, response: ServerResponse): void {
    const { keyConfigured } = this.data;
    const session = (signedIn: boolean): Answer => ({
      body: { signedIn, mayAct: signedIn && keyConfigured, keyConfigured },
    });
    if (method === 'GET') return send(response, session(keyConfigured && isSignedIn));
    if (method === 'DELETE') {
      this.#sessions.clear();
      return send(response, session(false));
    }
    if ((JSON.parse(body) as { key: string }).key !== KEY) return send(response, refusal(401, 'Unauthorized'));
    const id = `session-${this.#sessions.size}-${Math.random()}`;
    this.#sessions.add(id);
    response.setHeader('Set-Cookie', `twx_session=${id}; HttpOnly; SameSite=Strict; Path=/`);
    send(response, session(true));
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(': hello\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  #answer(call: Call): Answer {
    const { data } = this;
    const [area = '', ...ids] = call.path.split('/').map(decodeURIComponent);
    switch (area) {
      case 'status':
        return { body: data.status };
      case 'hubs':
        return { body: { items: data.hubs, cursor: null } };
      case 'services':
        return { body: { items: data.services, cursor: null } };
      case 'jobs':
        return this.#jobs(call, ids);
      case 'rollouts':
        return this.#rollouts(call, ids);
      case 'devices':
        return this.#devices(call, ids);
      case 'conditions':
        return { body: { fault: conditionFault((JSON.parse(call.body) as { condition: string }).condition) } };
      case 'preview':
        return { body: this.#preview(JSON.parse(call.body) as { service: string }) };
      case 'things':
        return this.#invoke(
          (ids[2] ?? '').replace('AzureIotDeviceJob', ''),
          JSON.parse(call.body) as Record<string, unknown>,
        );
      default:
        return refusal(404, 'UnknownPath');
    }
  }

  #jobs({ query }: Call, [, id, devices]: readonly string[]): Answer {
    const { jobs, deviceCount, jobDevice } = this.data;
    if (id === undefined) {
      const text = query.get('text') ?? '';
      const outcome = query.get('outcome');
      const found = jobs.filter((job) => job.jobId.includes(text) && (outcome === null || job.outcome === outcome));
      return { body: page(found.length, (index) => found[index], query) };
    }
    const job = jobs.find(({ jobId }) => jobId === id);
    if (!job) return refusal(404, 'JobNotFound');
    if (devices === undefined) return { body: fleet.jobDetails(job) };
    return { body: page(deviceCount, (index) => jobDevice(id, index), query) };
  }

  #rollouts({ query }: Call, [, id, part]: readonly string[]): Answer {
    const { rollouts, deviceCount, rolloutDevice } = this.data;
    if (id === undefined) return { body: page(rollouts.length, (index) => rollouts[index], query) };
    const rollout = rollouts.find(({ rolloutId }) => rolloutId === id);
    if (!rollout) return refusal(404, 'RolloutNotFound');
    if (part === 'devices') return { body: page(deviceCount, rolloutDevice, query) };
    if (part === 'course') return { body: fleet.course(id, Number(query.get('points'))) };
    return { body: fleet.rolloutDetails(rollout) };
  }

  #devices({ query }: Call, [, id]: readonly string[]): Answer {
    const { devices } = this.data;
    const wanted = /^deviceId = '(.*)'$/.exec(query.get('condition') ?? '')?.[1]?.replaceAll(/\\(.)/g, '$1');
    const found = devices.filter(({ deviceId }) => wanted === undefined || deviceId === wanted);
    if (id === undefined) return { body: page(found.length, (index) => found[index], query) };
    return { body: page(3, (index) => ({ ...fleet.jobDevice(`job-${index}`, index), deviceId: id }), query) };
  }

  #preview({ service }: { readonly service: string }): unknown {
    const { length: deviceCount } = this.data.devices;
    const counts = { deviceCount, connectedCount: deviceCount - 2, disconnectedCount: 2, estimatedSeconds: 12 };
    const sample = this.data.devices.slice(0, 5);
    if (service !== 'StartRollout') return { ...counts, sample };
    const batches = [
      { batch: 1, size: 5, jobs: 1 },
      { batch: 2, size: deviceCount - 5, jobs: 1 },
    ];
    return { ...counts, batches, batchCount: 2, jobCount: 2, needsApproval: false, nextWindow: null };
  }

  #invoke(service: string, parameters: Record<string, unknown>): Answer {
    const { rollouts } = this.data;
    const { rolloutId, jobId = 'made-1' } = parameters as { readonly rolloutId?: string; readonly jobId?: string };
    const id = rolloutId ?? jobId;
    const rollout = rollouts.find(({ rolloutId }) => rolloutId === id);
    if (service === 'PauseRollout' && rollout)
      this.change({ ...rollout, state: 'paused', reason: 'user', waitingFor: 'resume' });
    if (service === 'ResumeRollout' && rollout)
      this.change({ ...rollout, state: 'running', reason: '', waitingFor: 'job' });
    if (service === 'ScheduleDeviceMethodJob') this.data.jobs.unshift(fleet.job(0, { jobId: id }));
    if (service === 'StartRollout') rollouts.unshift(fleet.rollout(id));
    const { deviceId } = parameters;
    const device = this.data.devices.find((device) => device.deviceId === deviceId);
    if (device) return this.#invokeOn(device, service, parameters);
    if (service === 'GetJob') return refusal(404, 'JobNotFound', `no job ${fleet.HOSTILE}`);
    return { body: { result: id, baseType: 'STRING' } };
  }

  /** The services for one device. */
  #invokeOn(device: Device, service: string, parameters: Record<string, unknown>): Answer {
    const { data } = this;
    const replace = (...devices: Device[]): void => {
      data.devices = data.devices.flatMap((known) => (known === device ? devices : [known]));
    };
    switch (service) {
      case 'InvokeDeviceMethod': {
        const { payload = null } = parameters;
        return { body: { result: { status: 200, payload }, baseType: 'JSON' } };
      }
      case 'UpdateDeviceTwin': {
        if (parameters['etag'] !== device.etag) return refusal(409, 'TwinConflict');
        const { tags } = parameters['patch'] as Pick<Device, 'tags'>;
        const { desired, reported } = device;
        const twin = { etag: `${device.etag}+`, tags };
        replace({ ...device, ...twin });
        return { body: { result: { ...twin, properties: { desired, reported } }, baseType: 'JSON' } };
      }
      case 'SetDeviceStatus': {
        const { status, reason: statusReason } = parameters as { readonly status: string; readonly reason?: string };
        replace({ ...device, status, statusReason });
        return { body: { result: [{ status, statusReason }], baseType: 'INFOTABLE' } };
      }
      default:
        replace();
        return { body: { result: true, baseType: 'BOOLEAN' } };
    }
  }
}

function page(count: number, item: (index: number) => unknown, query: URLSearchParams): unknown {
  const from = Number(query.get('cursor') ?? 0);
  const to = Math.min(count, from + Number(query.get('limit') ?? 50));
  return {
    items: Array.from({ length: Math.max(0, to - from) }, (_, index) => item(from + index)),
    cursor: to < count ? String(to) : null,
  };
}

function conditionFault(condition: string): unknown {
  const offset = condition.indexOf('==');
  return offset === -1
    ? null
    : { message: `Line 1, column ${offset + 1}, at '=': a value is missing.`, offset, line: 1, column: offset + 1 };
}

const refusal = (status: number, code: string, message = `refused as ${code}`): Answer => ({
  status,
  body: { error: { code, message, remedy: 'Do what docs/errors.md says.' } },
});

const sessionOf = ({ headers }: IncomingMessage): string => /twx_session=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? '';

function send(response: ServerResponse, { status = 200, body }: Answer): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}
