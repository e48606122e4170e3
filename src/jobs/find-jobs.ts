import type { CallContext } from '../core/call-context.js';
import type { NativeRow } from '../edge/definitions.js';
import { readJob } from '../iothub/documents.js';
import type { HubDocument } from '../iothub/ports.js';
import type { FindJobsArguments } from './arguments.js';
import { collectRows, MAX_PAGE_SIZE } from './collect-rows.js';
import { AZURE_DEVICE_JOB } from './data-shapes.js';
import type { JobEnvironment } from './job-port.js';
import { mergedLists, type PageReader } from './merged-lists.js';
import { jobRow } from './rows.js';
import { checkInteger, checkJobStatus, checkJobType } from './rules.js';
import { withShownStatus } from './shown-status.js';
import { searchFor, type StatusSearch } from './status-filter.js';

/** Ids that are remembered to list no job twice; memory must not grow with a list that never ends. */
const MAX_REMEMBERED = 100_000;

/** The jobs of the hub, all or by type and status. Shows the refused counts that are known, and reads none. */
export async function findJobs(
  env: JobEnvironment,
  context: CallContext,
  args: FindJobsArguments,
): Promise<NativeRow[]> {
  const type = checkJobType(args.type);
  const status = checkJobStatus(args.status);
  const maxItems = checkInteger('maxItems', args.maxItems, { minimum: 1 });
  const search = status === undefined ? undefined : searchFor(status);
  const nowMs = context.clock.nowMs();
  return await collectRows(context, env.hub, env.messageLimits, {
    shape: AZURE_DEVICE_JOB,
    maxItems,
    // Of several lists most rows may be left out, so that small pages would need many calls.
    pageSize: search === undefined || search.hubStatuses.length === 1 ? undefined : MAX_PAGE_SIZE,
    remedy: 'set maxItems, or ask for one type or status',
    page: mergedLists((search?.hubStatuses ?? [undefined]).map((hubStatus) => listReader(type, hubStatus))),
    isWanted: search && wantedOnce(search, nowMs),
    toRow: (document) => {
      const job = readJob(document);
      return jobRow(withShownStatus(job, nowMs), env.refusedCounts.known(job));
    },
  });
}

function listReader(type: string | undefined, status: string | undefined): PageReader {
  const filters = { ...(type === undefined ? {} : { type }), ...(status === undefined ? {} : { status }) };
  return (context, hub, request) => hub.listJobs(context, { ...filters, ...request });
}

/** Jobs that match, each at the first time: one that moves on between two list calls is in both lists. */
function wantedOnce(search: StatusSearch, nowMs: number): (document: HubDocument) => boolean {
  const seen = new Set<string>();
  return (document) => {
    const job = readJob(document);
    if (!search.matches(job, nowMs)) return false;
    if (job.jobId === undefined) return true;
    if (seen.has(job.jobId)) return false;
    if (seen.size < MAX_REMEMBERED) seen.add(job.jobId);
    return true;
  };
}
