import { isPlainObject } from '../../../core/objects.js';
import { type HttpAnswer, json } from '../../http/router.js';
import { argumentInvalid, ServiceError } from '../answers/service-error.js';
import { readJobRequest } from '../device-jobs/job-request.js';
import type { Job, Jobs } from '../device-jobs/jobs.js';
import { checkJobId } from '../identities/id-rules.js';
import { type Paging, takePage } from './paging.js';
import { readJson } from './read-json.js';
import type { ServiceRequest, ServiceRoute } from './service-route.js';

const STATUSES = 'unknown enqueued queued scheduled running completed failed cancelled'.split(' ');
/** Other spellings of a status in a filter; Microsoft's page on jobs has both words. */
const SAME_STATUS: ReadonlyMap<string, string> = new Map([
  ['canceled', 'cancelled'],
  ['pending', 'queued'],
]);
const TYPES = 'unknown export import scheduledevicemethod scheduleupdatetwin'.split(' ');

interface JobDependencies {
  readonly jobs: Jobs;
  readonly paging: Paging;
  readonly strict: boolean;
}

/**
 * Jobs v2, and the older `/jobs` for import and export jobs, of which there are none. The Azure CLI requests both
 * whenever it lists jobs.
 */
export function jobRoutes(dependencies: JobDependencies): ServiceRoute[] {
  const read = { right: 'RegistryRead', operation: 'jobs' } as const;
  const write = { right: 'RegistryWrite', operation: 'jobs' } as const;
  return [
    { method: 'PUT', pattern: '/jobs/v2/:jobId', ...write, handle: (request) => put(dependencies, request) },
    { method: 'GET', pattern: '/jobs/v2/query', ...read, handle: (request) => list(dependencies, request) },
    { method: 'GET', pattern: '/jobs/v2/:jobId', ...read, handle: (request) => get(dependencies, request) },
    { method: 'POST', pattern: '/jobs/v2/:jobId/cancel', ...write, handle: (request) => cancel(dependencies, request) },
    { method: 'GET', pattern: '/jobs', ...read, handle: () => json(200, []) },
    { method: 'GET', pattern: '/jobs/:jobId', ...read, handle: noImportOrExportJob },
    { method: 'DELETE', pattern: '/jobs/:jobId', ...write, handle: noImportOrExportJob },
  ];
}

function noImportOrExportJob({ params }: ServiceRequest): never {
  throw new ServiceError('JobNotFound', `There is no import or export job with ID '${params['jobId']}'.`);
}

async function put({ jobs, strict }: JobDependencies, request: ServiceRequest): Promise<HttpAnswer> {
  const jobId = jobIdOf(request);
  const body = readJson(request.body);
  if (!isPlainObject(body)) throw argumentInvalid('The body must be a JSON object.');
  const { record } = await jobs.create(readJobRequest(jobId, body, strict));
  return json(200, { jobId: record.jobId, type: record.type, status: 'queued' });
}

/** An unknown id is not an error here: the service returns a job of unknown type and status. */
function get({ jobs }: JobDependencies, request: ServiceRequest): HttpAnswer {
  const jobId = jobIdOf(request);
  const job = jobs.find(jobId);
  return json(200, job ? jobs.document(job) : { jobId, type: 'unknown', status: 'unknown' });
}

async function cancel({ jobs }: JobDependencies, request: ServiceRequest): Promise<HttpAnswer> {
  return json(200, jobs.document(await jobs.cancel(jobIdOf(request))));
}

function list({ jobs, paging }: JobDependencies, request: ServiceRequest): HttpAnswer {
  const status = readFilter(request, 'jobStatus', STATUSES);
  const type = readFilter(request, 'jobType', TYPES);
  const text = `jobs ${status ?? ''} ${type ?? ''}`;
  const { size, state } = paging.read(request.headers, text);
  function* matching(): Generator<Job> {
    for (const job of jobs.inOrder.walk((state as number | undefined) ?? -1)) {
      if (status !== undefined && job.record.status !== status) continue;
      if (type !== undefined && job.record.type.toLowerCase() !== type) continue;
      yield job;
    }
  }
  const { page, more } = takePage(matching(), size);
  const next = more ? page.at(-1)?.record.sequence : undefined;
  return json(
    200,
    page.map((job) => jobs.document(job)),
    paging.headers('JobResponse', { text, size, state: next }),
  );
}

/** Reads a filter, ignoring letter case. An empty one means no filter. */
function readFilter({ query }: ServiceRequest, name: string, known: readonly string[]): string | undefined {
  const given = query.get(name)?.toLowerCase() ?? '';
  if (given === '') return undefined;
  const value = SAME_STATUS.get(given) ?? given;
  if (!known.includes(value)) throw argumentInvalid(`${name} must be one of ${known.join(', ')}.`);
  return value;
}

function jobIdOf({ params }: ServiceRequest): string {
  const { jobId } = params;
  checkJobId(jobId);
  return jobId;
}
