import { createRoute, OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import { hubChange, jobChange, rolloutChange, statusChange } from './changes.js';
import { API_ROOT, ROUTES, type RouteSpec } from './routes.js';
import { errorAnswer } from './shapes.js';

/** The description of the API in the form of OpenAPI 3.1: docs/openapi.json, served at `/api/v1/openapi.json`. */
export function openApiDocument(version: string): object {
  const app = new OpenAPIHono();
  for (const [operationId, spec] of Object.entries(ROUTES)) {
    app.openAPIRegistry.registerPath({ ...createRoute(routeConfig(spec)), operationId });
  }
  registerChanges(app);
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Console of thingworx-iothub-agent',
      version,
      description:
        'Sign in with POST /session, which sets a cookie, or send the key of the console as `Authorization: Bearer <key>`. ' +
        'Dates are ISO text. Errors have a code of docs/errors.md. Requests that change something need the cookie and ' +
        "the server's own Origin, or the key.",
    },
    servers: [{ url: API_ROOT }],
  });
}

/** The stream of changes, whose events are not JSON as a whole. */
function registerChanges({ openAPIRegistry }: OpenAPIHono): void {
  const events = { job: jobChange, rollout: rolloutChange, status: statusChange, hub: hubChange };
  const names = Object.entries(events).map(([name, schema]) => `\`${name}\` (${schema.meta()?.id})`);
  for (const schema of Object.values(events)) openAPIRegistry.register(schema.meta()?.id ?? '', schema);
  openAPIRegistry.registerPath({
    method: 'get',
    path: '/changes',
    operationId: 'followChanges',
    summary: 'Streams changes as server-sent events; resumes after the event named by the header Last-Event-ID',
    responses: {
      200: {
        description: `Events, their data as JSON: ${names.join(', ')}, and \`reset\` when changes may have been missed. A comment is sent every 15 s. At most 50 streams are open.`,
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      default: { description: 'An error', content: { 'application/json': { schema: errorAnswer } } },
    },
  });
}

function routeConfig({ method, path, summary, params, query, body, answer }: RouteSpec): RouteConfig {
  const json = <Schema>(schema: Schema) => ({ 'application/json': { schema } });
  return {
    method,
    path,
    summary,
    request: {
      ...(params ? { params: params as never } : {}),
      ...(query ? { query: query as never } : {}),
      ...(body ? { body: { content: json(body), required: true } } : {}),
    },
    responses: {
      200: { description: 'Done', content: json(answer) },
      default: { description: 'An error', content: json(errorAnswer) },
    },
  };
}
