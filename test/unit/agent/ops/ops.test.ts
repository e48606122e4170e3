import { afterEach, describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import { scrubber } from '../../../../src/core/scrub.js';
import { type AdminServer, startAdminServer } from '../../../../src/agent/ops/admin-server.js';
import { Health } from '../../../../src/agent/ops/health.js';
import { createLogger } from '../../../../src/agent/ops/logger.js';
import { createMetrics } from '../../../../src/agent/ops/prometheus.js';
import { reportPlatform } from '../../../../src/agent/platform.js';
import { ManualClock } from '../../../support/manual-clock.js';

describe('the log', () => {
  function logged(write: (log: ReturnType<typeof createLogger>) => void, level: 'info' | 'debug' = 'info'): string[] {
    const lines: string[] = [];
    write(
      createLogger({
        level,
        secrets: ['key-of-the-app', 'a"b\\c-quoted'],
        sink: { write: (line) => lines.push(line) },
      }),
    );
    return lines;
  }

  it('is JSON lines with level, time and message', () => {
    const [line = ''] = logged((log) => log.child({ thing: 'T' }).warn({ jobId: 'j' }, 'text'));
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      thing: 'T',
      jobId: 'j',
      msg: 'text',
    });
    expect(line.endsWith('}\n')).toBe(true);
  });

  it('shows characters that control a terminal as escapes, and keeps the value', () => {
    const reason = 'a\u009B2J\u202E\u200B\u007F\u001B[2J\n';
    const [line = ''] = logged((log) => log.warn({ reason }, 'refused'));
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}](?!$)/u);
    expect(JSON.parse(line)).toMatchObject({ reason });
  });

  it('observes its level, which can be changed', () => {
    const lines = logged((log) => {
      log.debug({}, 'one');
      log.level = 'debug';
      log.debug({}, 'two');
    });
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['two']);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a field', { appKey: 'xyz' }],
    ['a field one level below', { options: { connectionString: 'xyz' } }],
    ['a known secret in a string', { cause: 'refused key-of-the-app' }],
    ['a known secret that JSON escapes', { cause: 'said a"b\\c-quoted' }],
    ['a connection string in an error', { err: new Error('bad HostName=h;SharedAccessKey=xyz') }],
    ['a SAS token in a cause', { err: new AgentError('HubRejected', 'no', { cause: new Error('sr=h&sig=xyz&se=1') }) }],
    ['a bearer token', { header: 'Bearer xyz' }],
  ])('masks %s', (_what, fields) => {
    const [line = ''] = logged((log) => log.info(fields, 'm'));
    expect(line).toContain('********');
    expect(line).not.toMatch(/xyz|key-of-the-app|c-quoted/);
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});

describe('health', () => {
  it('is ready once everything that is needed is known to work', () => {
    const clock = new ManualClock(0);
    const health = new Health(clock);
    health.register('platform', true);
    health.register('hub', false);
    expect(health.report().ready).toBe(false);
    clock.advance(1000);
    health.set('platform', 'ok', 'bound');
    expect(health.report()).toEqual({
      ready: true,
      components: {
        platform: { status: 'ok', since: '1970-01-01T00:00:01.000Z', detail: 'bound' },
        hub: { status: 'starting', since: '1970-01-01T00:00:00.000Z' },
      },
    });
  });

  it('keeps the time of a status that has not changed', () => {
    const clock = new ManualClock(0);
    const health = new Health(clock);
    health.set('hub', 'failing', 'unreachable');
    clock.advance(5000);
    health.set('hub', 'failing', 'unauthorized');
    expect(health.report().components['hub']).toEqual({
      status: 'failing',
      since: '1970-01-01T00:00:00.000Z',
      detail: 'unauthorized',
    });
    expect(health.report().ready).toBe(false);
  });

  it('shows text from another system without secrets and control characters', () => {
    const health = new Health(new ManualClock(), scrubber(['the-app-key-1234', 'c2VjcmV0LWtleQ==']));
    const said = [
      'the-app-key-1234',
      'c2VjcmV0LWtleQ%3D%3D',
      'sig=abc',
      '\u001B]0;title\u0007',
      '\u202E',
      '\u009B',
    ].join(' ');
    reportPlatform(health, { type: 'refused', what: 'auth', code: 0x81, reason: said });
    const { platform } = health.report().components;
    expect(platform?.detail).toBe(
      'application key refused: ******** ******** sig=******** \\u001b]0;title\\u0007 \\u202e \\u009b',
    );
  });

  it('masks a secret before it truncates a long text', () => {
    for (let padding = 460; padding < 510; padding += 3) {
      const health = new Health(new ManualClock(), scrubber(['the-app-key-1234']));
      health.set('platform', 'failing', `${'x'.repeat(padding)}the-app-key-1234`);
      expect(health.report().components['platform']?.detail).not.toContain('the-');
    }
  });

  it('is not ready while stopping, whatever is reported', () => {
    const health = new Health(new ManualClock());
    health.set('platform', 'ok');
    health.stopping();
    health.set('platform', 'ok');
    expect(health.report()).toMatchObject({ ready: false, components: { platform: { status: 'stopping' } } });
  });

  it.each([
    [{ type: 'bound', names: ['A'], refused: [] }, 'ok'],
    [{ type: 'bound', names: ['A'], refused: ['B'] }, 'degraded'],
    [{ type: 'bound', names: [], refused: ['B'] }, 'failing'],
    [{ type: 'refused', what: 'auth', code: 0x81, reason: 'no' }, 'failing'],
    [{ type: 'refused', what: 'bind', name: 'B', code: 0x83, reason: 'no' }, 'failing'],
    [{ type: 'lost', cause: 'reset', kind: 'broken' }, 'failing'],
    [{ type: 'connecting', attempt: 1 }, 'starting'],
  ] as const)('of the platform after %j is %s', (status, wanted) => {
    const health = new Health(new ManualClock());
    health.register('platform', true);
    reportPlatform(health, status);
    expect(health.statusOf('platform')).toBe(wanted);
  });
});

describe('the admin server', () => {
  let server: AdminServer | undefined;
  afterEach(() => server?.close());

  async function start(): Promise<{ readonly health: Health; readonly url: string }> {
    const health = new Health(new ManualClock());
    health.register('platform', true);
    const metrics = createMetrics({ withProcessMetrics: false });
    metrics.instruments.count('hub_retries_total');
    server = await startAdminServer({
      host: '127.0.0.1',
      port: 0,
      health: () => health.report(),
      metrics,
      status: () => ({ version: '1' }),
    });
    return { health, url: server.url };
  }

  async function get(url: string, init: RequestInit = {}): Promise<{ status: number; text: string; headers: Headers }> {
    const response = await fetch(url, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  it('serves liveness, readiness, metrics and status', async () => {
    const { health, url } = await start();
    expect(await get(`${url}/livez`)).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await get(`${url}/healthz`)).toMatchObject({ status: 200 });
    const notReady = await get(`${url}/readyz`);
    expect(notReady.status).toBe(503);
    expect(JSON.parse(notReady.text)).toMatchObject({ components: { platform: { status: 'starting' } } });
    health.set('platform', 'ok');
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 200, text: 'ok\n' });
    const verbose = await get(`${url}/readyz?verbose`);
    expect(JSON.parse(verbose.text)).toMatchObject({ status: 'ready', components: { platform: { status: 'ok' } } });
    const metrics = await get(`${url}/metrics`);
    expect(metrics.text).toContain('twx_iothub_hub_retries_total 1');
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(JSON.parse((await get(`${url}/status`)).text)).toEqual({ version: '1' });
  });

  it('responds with 404 or 405 to anything else', async () => {
    const { url } = await start();
    expect((await get(`${url}/`)).status).toBe(404);
    expect((await get(`${url}/livez/x`)).status).toBe(404);
    const post = await get(`${url}/livez`, { method: 'POST', body: 'x' });
    expect(post.status).toBe(405);
    expect(post.headers.get('allow')).toBe('GET, HEAD');
    expect(await get(`${url}/livez`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('reports the port that is in use', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const options = { host: '127.0.0.1', port, health: () => ({ ready: true, components: {} }), status: () => ({}) };
    await expect(
      startAdminServer({ ...options, metrics: createMetrics({ withProcessMetrics: false }) }),
    ).rejects.toMatchObject({ code: 'PortInUse', message: expect.stringContaining(`admin.port ${port}`) });
  });
});

describe('metrics', () => {
  it('include counters, gauges and histograms with their labels', async () => {
    const metrics = createMetrics({ withProcessMetrics: false });
    const { instruments } = metrics;
    instruments.count('hub_requests_total', { operation: 'getJob', result: 'ok' }, 2);
    instruments.gauge('alwayson_requests_in_flight', 3);
    instruments.observe('hub_request_seconds', 0.2, { operation: 'getJob' });
    const lines = (await metrics.text()).split('\n');
    expect(lines).toContain('twx_iothub_hub_requests_total{operation="getJob",result="ok"} 2');
    expect(lines).toContain('twx_iothub_alwayson_requests_in_flight 3');
    expect(lines).toContain('twx_iothub_hub_request_seconds_bucket{le="0.25",operation="getJob"} 1');
  });
});
