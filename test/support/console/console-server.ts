import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { type AdminServer, startAdminServer } from '../../../src/agent/ops/admin-server.js';
import { Health } from '../../../src/agent/ops/health.js';
import { createMetrics } from '../../../src/agent/ops/prometheus.js';
import type { AgentView } from '../../../src/console/agent-view.js';
import { noInstruments } from '../../../src/core/instruments.js';
import { type ConsoleOptions, createConsole } from '../../../src/console/console.js';
import { ManualClock } from '../manual-clock.js';
import { recordingLog } from '../recording-log.js';

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: any;
}

/** An agent without hubs. */
export const NO_AGENT: AgentView = {
  status: () => ({
    version: '1.2.3',
    startedMs: 0,
    ready: true,
    components: {},
    thingworx: { url: 'wss://platform.test', requestsInFlight: 0 },
    things: [],
  }),
  hubs: () => [],
  onChange: () => () => undefined,
};

/** The console on an admin server of its own, with a client that can send any header. */
export class ConsoleServer {
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof recordingLog>;
  readonly #server: AdminServer;

  private constructor(server: AdminServer, clock: ManualClock, log: ReturnType<typeof recordingLog>) {
    this.#server = server;
    this.clock = clock;
    this.log = log;
  }

  static async start(options: Partial<ConsoleOptions> = {}): Promise<ConsoleServer> {
    const clock = new ManualClock();
    const log = recordingLog();
    const health = new Health(clock);
    const server = await startAdminServer({
      host: '127.0.0.1',
      port: 0,
      publicUrl: options.publicUrl,
      health: () => health.report(),
      metrics: createMetrics({ withProcessMetrics: false }),
      status: () => ({}),
      console: await createConsole({
        version: '1.2.3',
        pageFolder: '/nowhere',
        agent: NO_AGENT,
        isAllowed: () => true,
        timeoutMs: () => 25_000,
        clock,
        log,
        instruments: noInstruments,
        ...options,
      }),
    });
    return new ConsoleServer(server, clock, log);
  }

  get origin(): string {
    return this.#server.url;
  }

  async send(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Received> {
    const sent = request(`${this.#server.url}${path}`, { method, headers, agent: false });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    const isJson = response.headers['content-type']?.startsWith('application/json') === true;
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  }

  /** Signs in; returns the headers that a page of this server sends from then on. */
  async signIn(key: string): Promise<Record<string, string>> {
    const { headers } = await this.send('/api/v1/session', {
      method: 'POST',
      headers: { origin: this.origin },
      body: JSON.stringify({ key }),
    });
    const [cookie = ''] = headers['set-cookie'] ?? [];
    return { origin: this.origin, cookie: cookie.split(';', 1)[0] ?? '' };
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
