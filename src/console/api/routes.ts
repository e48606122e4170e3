/** Every path of the API with its schemas: the source of checks, of the types of handlers, and of docs/openapi.json. */
import type { z } from 'zod';
import type { Access } from '../access/access.js';
import * as overview from './overview.js';

export interface RouteSpec {
  readonly method: 'get' | 'post' | 'delete';
  /** Below `/api/v1`, with parameters in braces. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
}

export const API_ROOT = '/api/v1';

const defineRoutes = <const Routes extends Readonly<Record<string, RouteSpec>>>(routes: Routes): Routes => routes;

export const ROUTES = defineRoutes({
  getSession: {
    method: 'get',
    path: '/session',
    summary: 'Returns whether the request is signed in, and what it may do',
    access: 'open',
    answer: overview.session,
  },
  signIn: {
    method: 'post',
    path: '/session',
    summary: "Signs in with the key of the console and sets a cookie; needs the server's own Origin",
    access: 'open',
    body: overview.sessionRequest,
    answer: overview.session,
  },
  signOut: {
    method: 'delete',
    path: '/session',
    summary: 'Signs out',
    access: 'act',
    answer: overview.session,
  },
});

export type RouteName = keyof typeof ROUTES;

type Parsed<Spec, Part extends string> = Spec extends { readonly [K in Part]: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined;

/** What a handler receives, checked. */
export interface RouteInput<Spec extends RouteSpec = RouteSpec> {
  readonly params: Parsed<Spec, 'params'>;
  readonly query: Parsed<Spec, 'query'>;
  readonly body: Parsed<Spec, 'body'>;
}

export type RouteAnswer<Spec extends RouteSpec> = z.output<Spec['answer']>;
