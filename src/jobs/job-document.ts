/**
 * Whether a response of the hub about one job is that job. Gateways may respond with status 200 and a body of their own,
 * which must not be taken for a job that was created, cancelled or read.
 */
import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import { find, type Job, readJob, textOf } from '../iothub/documents.js';
import { readRefusal } from '../iothub/hub-errors.js';
import type { HubDocument } from '../iothub/ports.js';
import { isNotFound, METHOD_JOB, TWIN_JOB } from './outcome.js';

const JOB_TYPES: ReadonlySet<string> = new Set([METHOD_JOB, TWIN_JOB].map((type) => type.toLowerCase()));

/**
 * Reads a document as the requested job. A document that says that the hub does not know the job is accepted.
 * @throws AgentError `HubUnavailable` for a document that is not this job, saying what it is instead.
 */
export function jobAskedFor(document: HubDocument, jobId: string): Job {
  const job = { ...readJob(document), jobId };
  const fault = isNotFound(job) ? undefined : jobDocumentFault(document, jobId);
  if (fault !== undefined) throw unexpectedAnswerError(fault);
  return job;
}

/**
 * Why a document does not acknowledge a request that changes the hub, as part of a sentence; undefined for a document with
 * the id of the request and a status.
 */
export function acknowledgementFault(document: HubDocument, jobId: string): string | undefined {
  const id = textOf(find(document, 'jobId'));
  return id === jobId && hasStatus(document) ? undefined : describe(document, id, jobId);
}

/**
 * The same for a job that was read. Editions of the service omit fields, so a missing id or status is accepted if the type
 * shows that the document is a job.
 */
function jobDocumentFault(document: HubDocument, jobId: string): string | undefined {
  const id = textOf(find(document, 'jobId'));
  const type = textOf(find(document, 'type', 'jobType'));
  const isTyped = type !== undefined && JOB_TYPES.has(type.toLowerCase());
  const isJob = id === undefined ? isTyped && hasStatus(document) : id === jobId && (isTyped || hasStatus(document));
  return isJob ? undefined : describe(document, id, jobId);
}

function hasStatus(document: HubDocument): boolean {
  return typeof find(document, 'status', 'jobStatus') === 'string';
}

/** The members that error bodies consist of; other members may be deeply nested and are not needed. */
function plainMembers(document: HubDocument): HubDocument {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => /^(string|number)$/.test(typeof value)));
}

function describe(document: HubDocument, id: string | undefined, jobId: string): string {
  if (Object.keys(document).length === 0) return 'a body that is empty or not a JSON object';
  if (id !== undefined && id !== jobId) return `another job in place of ${jobId}`;
  const { codes, message } = readRefusal({ status: 200, headers: {}, body: JSON.stringify(plainMembers(document)) });
  const said = [...(codes[0] === undefined ? [] : [`code ${codes[0]}`]), ...(message === '' ? [] : [`"${message}"`])];
  if (said.length > 0) return `an error in a response with status 200 (${said.join(', ')})`;
  return `a JSON object that is not the job ${jobId}`;
}
