import { z } from 'zod';
import { type JobFilters, jobMatcher, pageOfJobs } from '../../jobs/read-model/job-list.js';
import { type MergedPast, mergePast, type PastPositions } from '../../jobs/read-model/past-list.js';
import type { ResultsRequest } from '../../jobs/read-model/hub-jobs.js';
import type { AgentView, ViewedHub } from '../agent-view.js';
import type { JobDevice } from '../api/types.js';
import type { Handlers } from '../api-server.js';
import { readCursor, writeCursor } from '../cursor.js';
import type { ReadCache } from '../read-cache.js';
import { servedHub, servedHubs } from './hubs.js';
import { jobDetailsJson, jobDeviceJson, jobJson } from './job-json.js';

/** An answer of the hub is shared by all who ask for the same within this time. */
const SHARED_MS = 2000;

const jobPosition = z.strictObject({ createdMs: z.number(), hub: z.string(), jobId: z.string() });
/** After the jobs of the hubs those of the history follow. */
const pastPosition = z.strictObject({ past: z.record(z.string(), z.string()) });
const listPosition = z.union([jobPosition, pastPosition]);
const resultsPosition = z.strictObject({ token: z.string(), pageSize: z.int() });

type JobHandlers = Pick<Handlers, 'listJobs' | 'getJob' | 'listJobDevices' | 'listDeviceJobs'>;

export function jobHandlers(agent: AgentView, shared: ReadCache): JobHandlers {
  return {
    listJobs: async ({ query: { cursor, limit, ...filters } }) => {
      const { hub, history, ...wanted } = filters;
      const position = readCursor(['jobs', filters], cursor, listPosition);
      const hubs = servedHubs(agent, hub);
      const jobs = (await Promise.all(hubs.map((one) => one.jobs.all()))).flat();
      if (position && 'past' in position) {
        const page = await pastPage(shared, hubs, { filters: wanted, after: position.past, limit });
        return {
          items: page.jobs.map(jobJson),
          cursor: page.next ? writeCursor(['jobs', filters], { past: page.next }) : null,
        };
      }
      const page = pageOfJobs(jobs, wanted, { position, limit });
      const next = page.next ?? (history === 'true' ? { past: {} } : undefined);
      return { items: page.jobs.map(jobJson), cursor: next ? writeCursor(['jobs', filters], next) : null };
    },
    getJob: async ({ params: { hub: name, id } }) => {
      const { jobs } = servedHub(agent, name);
      const listed = await shared.read(`job ${name} ${id}`, SHARED_MS, (context) => jobs.read(context, id));
      return jobDetailsJson(listed, jobs.canBeCancelled(listed));
    },
    listJobDevices: ({ params: { hub, id }, query: { state, cursor, limit } }) =>
      listResults(shared, servedHub(agent, hub), { jobId: id, state, cursor, limit }),
    listDeviceJobs: ({ params: { hub, id }, query: { cursor, limit } }) =>
      listResults(shared, servedHub(agent, hub), { deviceId: id, cursor, limit }),
  };
}

interface PastQuery {
  readonly filters: JobFilters;
  readonly after: PastPositions;
  readonly limit: number;
}

async function pastPage(shared: ReadCache, hubs: readonly ViewedHub[], query: PastQuery): Promise<MergedPast> {
  const { filters, after, limit } = query;
  const matches = jobMatcher(filters);
  const key = JSON.stringify(['past', hubs.map(({ name }) => name), query]);
  return await shared.read(key, SHARED_MS, async (context) => {
    const pages = hubs.map(({ name, jobs }) => jobs.past(context, { after: after[name], limit, matches }));
    return mergePast(await Promise.all(pages), after, limit);
  });
}

type ResultsQuery = Pick<ResultsRequest, 'jobId' | 'deviceId' | 'state'> & {
  readonly cursor: string | undefined;
  readonly limit: number;
};

/** The hub's token is valid for one page size, so that of the first page counts for all. */
async function listResults(
  shared: ReadCache,
  hub: ViewedHub,
  { cursor, limit, ...wanted }: ResultsQuery,
): Promise<{ items: JobDevice[]; cursor: string | null }> {
  const filters = ['results', hub.name, wanted];
  const position = readCursor(filters, cursor, resultsPosition);
  const pageSize = position?.pageSize ?? limit;
  const request: ResultsRequest = { ...wanted, pageSize, continuationToken: position?.token };
  const key = JSON.stringify(['results', hub.name, request]);
  const page = await shared.read(key, SHARED_MS, (context) => hub.jobs.results(context, request));
  return {
    items: page.devices.map((device) => jobDeviceJson(hub.name, device)),
    cursor:
      page.continuationToken === undefined ? null : writeCursor(filters, { token: page.continuationToken, pageSize }),
  };
}
