import { Agent, request as httpsRequest } from 'node:https';
import { Client, JobClient, Registry } from 'azure-iothub';
import { type Certificates, ensureCertificates } from '../../../src/sandbox/certificates.js';
import { makeSasToken } from '../../../src/sandbox/iothub/access/sas-token.js';
import {
  type LocalIotHub,
  type LocalIotHubOptions,
  startLocalIotHub,
} from '../../../src/sandbox/iothub/local-iot-hub.js';
import { eventually } from '../eventually.js';
import { keyOf, splitAddress } from './hub-rest.js';

/** Shared by the whole test file, because generating keys is the slowest part of starting a hub. */
let certificates: Promise<Certificates> | undefined;

export interface RawAnswer {
  readonly status: number;
  readonly headers: Record<string, string | undefined>;
  readonly text: string;
  /** The parsed body; undefined if it is not JSON. */
  readonly json: any;
}

export interface RawOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Replaces `api-version=2021-04-12`; empty for none. */
  readonly version?: string;
  /** Replaces a valid token of the owner policy; empty for none. */
  readonly authorization?: string;
}

export interface HubUnderTest {
  readonly hub: LocalIotHub;
  readonly agent: Agent;
  readonly registry: Registry;
  readonly jobs: JobClient;
  readonly client: Client;
  readonly raw: (method: string, path: string, options?: RawOptions) => Promise<RawAnswer>;
  /** Creates a token of any policy. It is valid for a hundred days by default, since a test may advance the clock. */
  readonly token: (policy: string, more?: { resource?: string; key?: string; expirySeconds?: number }) => string;
  close(): Promise<void>;
}

/** Starts a hub and connects the SDK's three clients to it, through an HTTPS agent of their own as users would. */
export async function startHubUnderTest(options: LocalIotHubOptions = {}): Promise<HubUnderTest> {
  certificates ??= ensureCertificates(undefined, ['hub.local']);
  const hub = await startLocalIotHub({ hubName: 'hub.local', certificates: await certificates, ...options });
  const [host, port] = splitAddress(hub.address);
  const agent = new Agent({ keepAlive: true, host, port, ca: hub.caPem } as never);
  const token: HubUnderTest['token'] = (policy, more = {}) =>
    makeSasToken({
      resource: more.resource ?? hub.hostName,
      key: more.key ?? keyOf(hub.policyConnectionString(policy) ?? ''),
      policy,
      expirySeconds: more.expirySeconds ?? Math.floor(Date.now() / 1000) + 100 * 24 * 3600,
    });
  return {
    hub,
    agent,
    token,
    registry: through(agent, Registry.fromConnectionString(hub.connectionString)),
    jobs: through(agent, JobClient.fromConnectionString(hub.connectionString)),
    client: withoutRetries(through(agent, Client.fromConnectionString(hub.connectionString))),
    raw: (method, path, more = {}) => send(agent, method, path, { authorization: token('iothubowner'), ...more }),
    async close() {
      agent.destroy();
      await hub.close();
    },
  };
}

function through<T>(agent: Agent, client: T): T {
  (client as any)._restApiClient.setOptions({ http: { agent } });
  return client;
}

function withoutRetries(client: Client): Client {
  client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
  return client;
}

function send(agent: Agent, method: string, path: string, options: RawOptions): Promise<RawAnswer> {
  const version = options.version ?? 'api-version=2021-04-12';
  const target = version === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${version}`;
  const body = options.body === undefined ? undefined : bytesOf(options.body);
  const headers = {
    host: 'hub.local',
    ...(options.authorization ? { authorization: options.authorization } : {}),
    ...(body ? { 'content-type': 'application/json; charset=utf-8' } : {}),
    ...(body || method === 'POST' ? { 'content-length': String(body?.length ?? 0) } : {}),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ agent, method, path: target, headers, servername: 'hub.local' }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers as never, text, json: parse(text) }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

const bytesOf = (body: unknown): Buffer =>
  Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Returns the job once it has ended. */
export async function ended(tested: HubUnderTest, jobId: string): Promise<any> {
  const { json } = await eventually(
    () => tested.raw('GET', `/jobs/v2/${jobId}`),
    (answer) => ['completed', 'failed', 'cancelled'].includes(answer.json.status),
  );
  return json;
}

/** Returns all rows of a query, page by page, using raw requests. */
export async function allRows(tested: HubUnderTest, query: string, pageSize = 100): Promise<any[]> {
  const rows: any[] = [];
  let token = '';
  do {
    const answer = await tested.raw('POST', '/devices/query', {
      body: { query },
      headers: { 'x-ms-max-item-count': String(pageSize), ...(token ? { 'x-ms-continuation': token } : {}) },
    });
    if (answer.status !== 200) throw new Error(answer.text);
    rows.push(...answer.json);
    token = answer.headers['x-ms-continuation'] ?? '';
  } while (token);
  return rows;
}
