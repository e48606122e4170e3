import { setTimeout as pause } from 'node:timers/promises';
import { AgentError, isAgentError, messageOf } from '../../core/errors.js';
import { JOB_ID_RULES } from '../../jobs/parameters.js';
import { HUB_SERVICES } from '../../catalogue/hub-services.js';
import { readInfoTable } from '../../thingworx-rest/client.js';
import type { ThingWorxClient } from '../../thingworx-rest/client.js';
import type { CommandIo } from '../command-io.js';
import { ProgressLine } from './progress.js';
import { cellText } from './result-text.js';
import { formatTable } from '../output.js';

export interface WaitOptions {
  readonly client: Pick<ThingWorxClient, 'invokeService'>;
  readonly thing: string;
  readonly jobId: string;
  /** The longest pause between two polls; the first ones are shorter. */
  readonly intervalMs?: number;
}

/** A device on which the job failed. */
export interface FailedDevice {
  readonly deviceId: string;
  readonly moduleId?: string;
  /** The method status that the device returned, if it responded. */
  readonly methodStatus?: number;
  readonly error: string;
}

/** How a job ended. */
export interface JobEnd {
  /** The row of `AzureDeviceJob`. */
  readonly job: Readonly<Record<string, unknown>>;
  readonly failedDevices: readonly FailedDevice[];
  /** Set if more devices failed than are listed. */
  readonly moreFailedDevices?: true;
}

const FIRST_INTERVAL_MS = 100;
const INTERVAL_MS = 1000;
/** How many consecutive calls may fail before the wait is abandoned. */
const MAX_FAILURES = 30;
const ENDED = new Set(['completed', 'failed', 'cancelled', 'canceled']);
const MAX_LISTED = 1000;
const MAX_PAGES = 200;

/** Polls the job until it has ended; shows progress on a terminal. */
export async function waitForJob(io: CommandIo, options: WaitOptions): Promise<JobEnd> {
  // The id becomes part of a query, so nothing but a valid id may get there.
  if (!JOB_ID_RULES.pattern.test(options.jobId))
    throw new AgentError('RequestRefused', 'the service did not return a valid job id');
  const progress = new ProgressLine(io);
  try {
    const job = await jobWhenEnded(options, progress);
    progress.clear();
    return { job, ...(await readFailedDevices(options, job)) };
  } finally {
    progress.clear();
  }
}

async function jobWhenEnded(options: WaitOptions, progress: ProgressLine): Promise<Readonly<Record<string, unknown>>> {
  const longestMs = options.intervalMs ?? INTERVAL_MS;
  let failures = 0;
  for (let poll = 0; ; poll += 1) {
    try {
      const [job = {}] = await callRows(options, 'GetJob', { jobId: options.jobId });
      progress.show(job);
      if (ENDED.has(String(job['status']))) return job;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!mayPass(error) || failures >= MAX_FAILURES) throw error;
      progress.waiting(messageOf(error));
    }
    await pause(Math.min(longestMs, FIRST_INTERVAL_MS * 2 ** Math.min(poll, 10)));
  }
}

/** A platform or hub that is temporarily unreachable does not end the wait; a job that does not exist does. */
export function mayPass(error: unknown): boolean {
  if (isAgentError(error, 'Unreachable', 'RequestTimeout')) return true;
  if (!isAgentError(error, 'RequestRefused')) return false;
  return /\b(?:Hub(?:Throttled|Unavailable|Timeout)|ServiceUnavailable)\b/.test(error.message) || isGateway(error);
}

const isGateway = (error: AgentError): boolean => [502, 503, 504].includes(Number(error.context['status']));

async function callRows(
  { client, thing }: WaitOptions,
  service: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const table = readInfoTable(await client.invokeService(thing, HUB_SERVICES.fullNameOf(service), parameters));
  if (!table) throw new AgentError('RequestRefused', `${service} did not return an InfoTable`);
  return table.rows;
}

interface ResultsPage {
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  readonly continuationToken?: string | null;
}

async function readFailedDevices(
  options: WaitOptions,
  job: Readonly<Record<string, unknown>>,
): Promise<Omit<JobEnd, 'job'>> {
  const failedDevices: FailedDevice[] = [];
  if (job['outcome'] === 'succeeded' || job['outcome'] === 'noTargets') return { failedDevices };
  const query = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${options.jobId}'`;
  let continuationToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const parameters = { query, ...(continuationToken === undefined ? {} : { continuationToken }) };
    const service = HUB_SERVICES.fullNameOf('QueryJobResultsPage');
    const answer = (await options.client.invokeService(options.thing, service, parameters)) as ResultsPage | undefined;
    for (const row of answer?.rows ?? []) {
      const failed = failedDevice(row);
      if (failed) failedDevices.push(failed);
    }
    continuationToken = answer?.continuationToken ?? undefined;
    if (failedDevices.length > MAX_LISTED) break;
    if (continuationToken === undefined) return { failedDevices };
  }
  return { failedDevices: failedDevices.slice(0, MAX_LISTED), moreFailedDevices: true };
}

const FIRST_REFUSED_STATUS = 400;

/** A device that could not be reached or that returned a status of 400 or above; undefined for any other. */
function failedDevice(row: Readonly<Record<string, unknown>>): FailedDevice | undefined {
  const methodStatus = typeof row['methodStatus'] === 'number' ? row['methodStatus'] : undefined;
  const hasRefused = methodStatus !== undefined && methodStatus >= FIRST_REFUSED_STATUS;
  const status = cellText(row['status']);
  if (!hasRefused && (status === 'completed' || status === 'succeeded')) return undefined;
  const reasons = [row['errorCode'], row['errorDescription']].filter((part) => typeof part === 'string');
  const error = reasons.length > 0 ? reasons.join(': ') : hasRefused ? `returned ${methodStatus}` : status;
  return {
    deviceId: cellText(row['deviceId']),
    ...(typeof row['moduleId'] === 'string' ? { moduleId: row['moduleId'] } : {}),
    ...(methodStatus === undefined ? {} : { methodStatus }),
    error,
  };
}

const COUNTS = ['device', 'succeeded', 'failed', 'refused'] as const;

/** Formats how a job ended: its outcome, its counts and the devices that failed. */
export function waitReport({ job, failedDevices, moreFailedDevices }: JobEnd): string {
  const counts = COUNTS.flatMap((name) => {
    const value = job[`${name}Count`];
    return typeof value === 'number' ? [`${name === 'device' ? 'devices' : name} ${value}`] : [];
  });
  const reason = [job['failureReason'], job['statusMessage']].filter((text) => typeof text === 'string' && text !== '');
  const lines = [`${cellText(job['outcome'] ?? job['status'])}: ${counts.join(', ')}`];
  if (reason.length > 0) lines.push(reason.map((text) => cellText(text)).join(': '));
  if (failedDevices.length > 0) {
    const rows = failedDevices.map(({ deviceId, moduleId, methodStatus, error }) => [
      cellText(moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`),
      methodStatus === undefined ? '' : String(methodStatus),
      cellText(error),
    ]);
    lines.push('', formatTable(['failed device', 'status', 'error'], rows));
  }
  if (moreFailedDevices) lines.push('... and more; QueryJobResultsPage returns all of them');
  return lines.join('\n');
}
