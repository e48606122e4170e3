import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { AgentError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { newId } from '../core/random.js';
import { issueTexts } from '../documents/issue-text.js';
import { formatPath } from '../documents/problem.js';
import type { Access, AccessControl, Visitor } from './access/access.js';
import { API_ROOT, type RouteAnswer, type RouteInput, type RouteName, ROUTES, type RouteSpec } from './api/routes.js';
import { readJsonBody } from './body.js';
import { errorResponse, jsonResponse } from './errors.js';
import type { RequestBindings, RequestEnvironment } from './request.js';

/** A request that has been let in. */
export interface ApiCall {
  readonly visitor: Visitor;
  readonly bindings: RequestBindings;
  readonly correlationId: string;
  /** Headers to add to the response. */
  readonly headers: Record<string, string>;
}

type Routes = typeof ROUTES;

export type Handler<Name extends RouteName> = (
  input: RouteInput<Routes[Name]>,
  call: ApiCall,
) => Promise<RouteAnswer<Routes[Name]>> | RouteAnswer<Routes[Name]>;

/** A handler for each route. */
export type Handlers = { readonly [Name in RouteName]: Handler<Name> };

export interface ApiOptions {
  readonly access: AccessControl;
  readonly handlers: Handlers;
  readonly log: Log;
}

type Requested = Context<RequestEnvironment>;

/** The API: each request is let in, checked by the schemas of its route, and answered as JSON. */
export function apiServer({ access, handlers, log }: ApiOptions): Hono<RequestEnvironment> {
  const app = new Hono<RequestEnvironment>();
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const spec: RouteSpec = ROUTES[name];
    const handler = handlers[name] as (input: RouteInput, call: ApiCall) => unknown;
    app.on(spec.method.toUpperCase(), `${API_ROOT}${spec.path.replaceAll(/\{(\w+)\}/g, ':$1')}`, (context) =>
      answerJson({ access, log }, context, spec.access, async (call) => handler(await inputOf(spec, context), call)),
    );
  }
  return app;
}

/** Answers a request with a JSON value, or with the error that was thrown. */
export async function answerJson(
  { access, log }: Pick<ApiOptions, 'access' | 'log'>,
  { env }: Requested,
  needed: Access,
  answer: (call: ApiCall) => unknown,
): Promise<Response> {
  const correlationId = newId();
  try {
    if (!env.isMeantForUs) throw misdirected();
    const visitor = access.admit(needed, env);
    const renewal = access.renewal(visitor, env);
    const headers: Record<string, string> = renewal === undefined ? {} : { 'set-cookie': renewal };
    const result = await answer({ visitor, bindings: env, correlationId, headers });
    return jsonResponse(200, result, headers);
  } catch (error) {
    return errorResponse(error, log, correlationId);
  }
}

/** Tells the server that a handler writes to the response by itself. */
const ALREADY_SENT = { 'x-hono-already-sent': 'true' };

/** Answers a request with a response that stays open, or with the error that was thrown instead. */
export async function answerStream(
  { access, log }: Pick<ApiOptions, 'access' | 'log'>,
  { env }: Requested,
  begin: (bindings: RequestBindings) => void,
): Promise<Response> {
  try {
    if (!env.isMeantForUs) throw misdirected();
    access.admit('read', env);
    begin(env);
    return new Response(null, { headers: ALREADY_SENT });
  } catch (error) {
    return errorResponse(error, log, newId());
  }
}

const misdirected = (): AgentError =>
  new AgentError('Misdirected', 'The `Host` of the request is not a name or address of this server.');

/** @throws AgentError `InvalidArgument` that names each wrong or unknown field. */
async function inputOf(spec: RouteSpec, { req, env }: Requested): Promise<RouteInput> {
  return {
    params: checked(spec.params, req.param(), 'path') as undefined,
    query: checked(spec.query, queryOf(req.queries()), 'query') as undefined,
    body: (spec.body ? checked(spec.body, await readJsonBody(env.incoming), 'body') : undefined) as undefined,
  };
}

function queryOf(queries: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  const repeated = Object.entries(queries).find(([, values]) => values.length > 1);
  if (repeated) throw new AgentError('InvalidArgument', `The query has ${repeated[0]} more than once.`);
  return Object.fromEntries(Object.entries(queries).map(([name, [value = '']]) => [name, value]));
}

const MAX_FAULTS = 5;

function checked(schema: z.ZodType | undefined, value: unknown, part: string): unknown {
  if (!schema) {
    const unknown = Object.keys(value as object).join(', ');
    if (unknown !== '') throw new AgentError('InvalidArgument', `The ${part} has an unknown field: ${unknown}.`);
    return undefined;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues
    .flatMap((issue) => issueTexts(issue, value))
    .slice(0, MAX_FAULTS)
    .map(({ path, message, hint, unknownKeys }) => {
      const at = path.length === 0 ? `The ${part}` : `${formatPath(path)} in the ${part}`;
      if (unknownKeys) return `${at} has an unknown field: ${unknownKeys.join(', ')}`;
      return `${at} ${message}${hint === undefined ? '' : ` (${hint})`}`;
    });
  throw new AgentError('InvalidArgument', `${faults.join('; ')}.`);
}
