import { type Context, Hono } from 'hono';
import { messageOf } from '../../core/errors.js';
import type { RequestEnvironment } from '../../console/request.js';
import type { ClusterStatus } from '../../cluster/roles.js';
import type { HealthReport } from './health.js';
import type { Metrics } from './prometheus.js';

export interface AdminFacts {
  readonly health: () => HealthReport;
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>;
  /** The response to `GET /status`. Must not contain secrets. */
  readonly status: () => unknown;
  /** Who serves which hub; undefined for an agent that shares its state with no other. */
  readonly cluster?: () => ClusterStatus | undefined;
}

type AdminContext = Context<RequestEnvironment>;
type Answer = (context: AdminContext) => Response | Promise<Response>;

/** The routes for probes, metrics and status. @param rest answers every other path; by default it is not found. */
export function adminRoutes(facts: AdminFacts, rest?: Hono<RequestEnvironment>): Hono<RequestEnvironment> {
  const app = new Hono<RequestEnvironment>();
  const routes = answersOf(facts);
  for (const [path, answer] of Object.entries(routes)) {
    app.all(path, (context) => {
      if (context.req.method === 'GET' || context.req.method === 'HEAD') return answer(context);
      return text(405, 'only GET and HEAD are allowed', { allow: 'GET, HEAD' });
    });
  }
  app.onError((error) => text(500, messageOf(error)));
  app.notFound((context) =>
    rest
      ? rest.fetch(context.req.raw, context.env)
      : text(404, `not found; the paths are ${Object.keys(routes).join(', ')}`),
  );
  return app;
}

function answersOf({ health, metrics, status, cluster }: AdminFacts): Readonly<Record<string, Answer>> {
  const live: Answer = () => text(200, 'ok');
  return {
    '/livez': live,
    '/healthz': live,
    '/readyz': (context) => readiness(health(), cluster?.(), context),
    '/metrics': async () => response(200, metrics.contentType, await metrics.text()),
    '/status': ({ env }) => (env.isMeantForUs ? json(200, status()) : misdirected()),
  };
}

function readiness(report: HealthReport, cluster: ClusterStatus | undefined, { req, env }: AdminContext): Response {
  const isVerbose = new URL(req.url).searchParams.has('verbose');
  if (isVerbose && !env.isMeantForUs) return misdirected();
  const code = report.ready ? 200 : 503;
  const status = report.ready ? 'ready' : 'not ready';
  if (isVerbose || (!report.ready && env.isMeantForUs))
    return json(code, { status, components: report.components, ...(cluster ? { cluster } : {}) });
  return text(code, report.ready ? 'ok' : status);
}

const misdirected = (): Response =>
  text(421, 'misdirected request: Host must be localhost, or an address or name that this server is reached by');

const json = (status: number, value: unknown): Response =>
  response(status, 'application/json; charset=utf-8', `${JSON.stringify(value, null, 2)}\n`);

const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response =>
  response(status, 'text/plain; charset=utf-8', `${body}\n`, headers);

function response(
  status: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, {
    status,
    headers: {
      'content-type': contentType,
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      ...headers,
    },
  });
}
