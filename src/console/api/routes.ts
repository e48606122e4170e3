/** Every path of the API with its schemas: the source of checks, of the types of handlers, and of docs/openapi.json. */
import type { z } from 'zod';
import type { Access } from '../access/access.js';
import * as devices from './devices.js';
import * as jobs from './jobs.js';
import * as overview from './overview.js';
import * as rollouts from './rollouts.js';
import * as services from './services.js';

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
  getStatus: {
    method: 'get',
    path: '/status',
    summary: 'Returns the state of the agent and of both ends, and what ended within the last 24 hours',
    access: 'read',
    answer: overview.status,
  },
  listHubs: {
    method: 'get',
    path: '/hubs',
    summary: 'Returns each hub with its budgets, places and queue',
    access: 'read',
    answer: overview.hubList,
  },
  listJobs: {
    method: 'get',
    path: '/jobs',
    summary: 'Returns the jobs of all hubs, newest first',
    access: 'read',
    query: jobs.jobQuery,
    answer: jobs.jobList,
  },
  getJob: {
    method: 'get',
    path: '/jobs/{hub}/{id}',
    summary: 'Returns a job with its payload or patch',
    access: 'read',
    params: jobs.jobPath,
    answer: jobs.jobDetails,
  },
  listJobDevices: {
    method: 'get',
    path: '/jobs/{hub}/{id}/devices',
    summary: 'Returns the devices of a job with their results',
    access: 'read',
    params: jobs.jobPath,
    query: jobs.jobDeviceQuery,
    answer: jobs.jobDeviceList,
  },
  listRollouts: {
    method: 'get',
    path: '/rollouts',
    summary: 'Returns the roll-outs of all hubs, newest first',
    access: 'read',
    query: rollouts.rolloutQuery,
    answer: rollouts.rolloutList,
  },
  getRollout: {
    method: 'get',
    path: '/rollouts/{hub}/{id}',
    summary: 'Returns a roll-out with its definition, batches, failures and history',
    access: 'read',
    params: rollouts.rolloutPath,
    answer: rollouts.rolloutDetails,
  },
  getRolloutCourse: {
    method: 'get',
    path: '/rollouts/{hub}/{id}/course',
    summary: 'Returns the devices of a roll-out by state over time',
    access: 'read',
    params: rollouts.rolloutPath,
    query: rollouts.courseQuery,
    answer: rollouts.course,
  },
  listRolloutDevices: {
    method: 'get',
    path: '/rollouts/{hub}/{id}/devices',
    summary: 'Returns the devices of a roll-out in its order',
    access: 'read',
    params: rollouts.rolloutPath,
    query: rollouts.rolloutDeviceQuery,
    answer: rollouts.rolloutDeviceList,
  },
  listServices: {
    method: 'get',
    path: '/services',
    summary: 'Returns the services of a Thing, those of wrappers among them, with what a form needs',
    access: 'read',
    query: services.serviceQuery,
    answer: services.serviceList,
  },
  invokeService: {
    method: 'post',
    path: '/things/{thing}/services/{name}',
    summary: 'Invokes a service with the checks, guards, budgets and deadline of a call from ThingWorx',
    access: 'act',
    params: services.servicePath,
    body: services.parameters,
    answer: services.serviceResult,
  },
  preview: {
    method: 'post',
    path: '/preview',
    summary: 'Returns what a service would act on, as PreviewTargets or PreviewRollout do; changes nothing',
    access: 'read',
    body: services.previewRequest,
    answer: services.preview,
  },
  checkCondition: {
    method: 'post',
    path: '/conditions/check',
    summary: 'Parses a query condition and returns where it is wrong; the hub is not asked',
    access: 'read',
    body: services.conditionCheck,
    answer: services.conditionVerdict,
  },
  listDevices: {
    method: 'get',
    path: '/devices',
    summary: 'Returns the devices of a hub that match a condition, with their twins',
    access: 'read',
    query: devices.deviceQuery,
    answer: devices.deviceList,
  },
  listDeviceJobs: {
    method: 'get',
    path: '/devices/{hub}/{id}/jobs',
    summary: 'Returns the results of the jobs that a device was in, as far as the hub still has them',
    access: 'read',
    params: devices.devicePath,
    query: devices.deviceJobsQuery,
    answer: jobs.jobDeviceList,
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
