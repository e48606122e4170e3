import { readJob } from '../../iothub/documents.js';
import type { HubDocument } from '../../iothub/ports.js';
import { collectRows, MAX_PAGE_SIZE } from './collect-rows.js';
import { AZURE_DEVICE_JOB } from '../data-shapes.js';
import { QueuedPages } from './queued-pages.js';
import { mergedLists, type PageReader } from './merged-lists.js';
import { PastPages } from './past-pages.js';
import { jobRow } from '../rows.js';
import { defineJobService, JOBS } from './job-service.js';
import { METHOD_JOB, TWIN_JOB } from '../outcome.js';
import { MAX_ITEMS, optional } from '../parameters.js';
import { withShownStatus } from '../shown-status.js';
import { searchFor, STATUS_FILTERS, type StatusFilter, type StatusSearch } from './status-filter.js';

/** Maximum number of ids that are remembered to avoid duplicates, so that an endless list does not exhaust memory. */
const MAX_REMEMBERED = 100_000;

/** Returns refused counts that are already known, and reads none. */
export const findJobsService = defineJobService({
  name: 'FindJobs',
  description:
    'Returns the jobs of the hub, all or by type and status; with history, also those that the hub has forgotten',
  needs: 'registry read',
  isReadOnly: true,
  parameters: {
    type: optional({
      baseType: 'STRING',
      description: `${METHOD_JOB} or ${TWIN_JOB}; both if omitted`,
      choices: [METHOD_JOB, TWIN_JOB],
      ignoresCase: true,
    }),
    status: optional({
      baseType: 'STRING',
      description:
        "The status of the jobs, as returned by this service: scheduled, pending (or enqueued), running, completed, failed, cancelled or unknown; queued for jobs that wait in the agent's queue or that the hub reports as queued; all if omitted",
      choices: STATUS_FILTERS,
      ignoresCase: true,
    }),
    maxItems: MAX_ITEMS,
    history: optional({
      baseType: 'BOOLEAN',
      description:
        'Whether to add the watched jobs that the hub has forgotten, from the history of the agent, newest first; default false',
    }),
  },
  result: JOBS,
  run: async ({ type, status, maxItems, history = false }, context, env) => {
    const search = status === undefined ? undefined : searchFor(status as StatusFilter);
    const nowMs = context.clock.nowMs();
    const queued = new QueuedPages(env.queue, { type, status: search?.status });
    const past = new PastPages(history ? env.history : undefined, { type, search }, nowMs);
    return await collectRows(context, env.hub, env.messageLimits, {
      shape: AZURE_DEVICE_JOB,
      maxItems,
      // Most rows of several lists may be filtered out, so small pages would need many calls.
      pageSize: search === undefined || search.hubStatuses.length === 1 ? undefined : MAX_PAGE_SIZE,
      remedy: 'set maxItems, or request one type or status',
      page: past.after(
        queued.before(
          mergedLists((search?.hubStatuses ?? [undefined]).map((hubStatus) => listReader(type, hubStatus))),
        ),
      ),
      isWanted: wantedOnce(search, nowMs, { queued, past }),
      toRow: (document) => {
        const ended = past.get(document);
        if (ended) return jobRow(ended.job, ended.refusedCount);
        const job = readJob(document);
        if (queued.has(document)) return jobRow(job, undefined);
        return jobRow(withShownStatus(job, nowMs), env.refusedCounts.known(job));
      },
    });
  },
});

function listReader(type: string | undefined, status: string | undefined): PageReader {
  const filters = { ...(type === undefined ? {} : { type }), ...(status === undefined ? {} : { status }) };
  return (context, hub, request) => hub.listJobs(context, { ...filters, ...request });
}

/**
 * Accepts each matching job once: a job whose status changes between two list calls is in both lists. A past job that the hub
 * or the queue has listed, with whatever status, does not belong to the result.
 */
function wantedOnce(
  search: StatusSearch | undefined,
  nowMs: number,
  { queued, past }: { readonly queued: QueuedPages; readonly past: PastPages },
): ((document: HubDocument) => boolean) | undefined {
  if (!search && queued.isEmpty && past.isEmpty) return undefined;
  const seen = new Set<string>();
  const listed = new Set<string>();
  return (document) => {
    const job = readJob(document);
    if (past.get(document)) return !listed.has(job.jobId ?? '');
    if (!past.isEmpty && job.jobId !== undefined && listed.size < MAX_REMEMBERED) listed.add(job.jobId);
    if (search && !queued.has(document) && !search.matches(job, nowMs)) return false;
    if (job.jobId === undefined) return true;
    if (seen.has(job.jobId)) return false;
    if (seen.size < MAX_REMEMBERED) seen.add(job.jobId);
    return true;
  };
}
