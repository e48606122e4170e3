import { createRoute, OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import { API_ROOT, ROUTES, type RouteSpec } from './routes.js';
import { errorAnswer } from './shapes.js';

/** The description of the API in the form of OpenAPI 3.1: docs/openapi.json, served at `/api/v1/openapi.json`. */
export function openApiDocument(version: string): object {
  const app = new OpenAPIHono();
  for (const [operationId, spec] of Object.entries(ROUTES)) {
    app.openAPIRegistry.registerPath({ ...createRoute(routeConfig(spec)), operationId });
  }
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
