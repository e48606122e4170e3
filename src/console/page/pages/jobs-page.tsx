import type { VNode } from 'preact';
import type { Job } from '../../api/types.js';
import { serviceHref } from '../format/links.js';
import { jobHref } from '../format/links.js';
import { formatNumber } from '../format/numbers.js';
import { jobSegments, wordsOf } from '../format/states.js';
import type { Change } from '../live/change-feed.js';
import type { PagedList } from '../live/paged-list.js';
import { cacheKey, useConsole, usePagedList, useTitle } from '../parts/console-context.js';
import type { Column } from '../parts/data-table.js';
import { HubFilter, SelectFilter, TextFilter, useFilters, useHubs } from '../parts/filters.js';
import { ListTable } from '../parts/list-table.js';
import { Empty } from '../parts/messages.js';
import { Bar, State } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { PageHead } from '../parts/page-head.js';

const TYPES = ['scheduleDeviceMethod', 'scheduleUpdateTwin'];
const STATUSES = ['queued', 'scheduled', 'pending', 'running', 'completed', 'failed', 'cancelled', 'unknown'];
const OUTCOMES = [
  'inProgress',
  'succeeded',
  'completedWithErrors',
  'noTargets',
  'completed',
  'failed',
  'cancelled',
  'unknown',
];
const PAGE_SIZE = 50;

/** Jobs of all hubs, newest first. */
export function JobsPage(): VNode {
  useTitle('Jobs');
  const { api } = useConsole();
  const { hub, type, status, outcome, text, history } = useFilters().filters;
  const asked = { hub, type, status, outcome, text, history };
  const isFiltered = Object.values(asked).some((value) => value !== undefined);
  const list = usePagedList<Job>({
    key: cacheKey('jobs', asked),
    pageSize: PAGE_SIZE,
    keyOf: keyOfJob,
    load: (page, signal) => api.get('jobs', { ...asked, ...page }, signal),
    onChanges: takeJobs,
  });
  return (
    <>
      <PageHead title="Jobs" actions={<ScheduleLink />} />
      <JobFilters />
      <ListTable
        list={list}
        label="Jobs"
        columns={JOB_COLUMNS}
        keyOf={keyOfJob}
        noun="job"
        empty={isFiltered ? <Empty>No job matches these filters.</Empty> : <NoJobs />}
      />
    </>
  );
}

function JobFilters(): VNode {
  const { filters, setFilter } = useFilters();
  const { hub, type, status, outcome, text, history } = filters;
  return (
    <search class="filters" aria-label="Filters of the jobs">
      <HubFilter value={hub} onValue={(value) => setFilter('hub', value)} />
      <SelectFilter
        label="Type"
        all="All types"
        value={type}
        choices={TYPES}
        onValue={(value) => setFilter('type', value)}
      />
      <SelectFilter
        label="Status"
        all="Any status"
        value={status}
        choices={STATUSES}
        onValue={(value) => setFilter('status', value)}
      />
      <SelectFilter
        label="Outcome"
        all="Any outcome"
        value={outcome}
        choices={OUTCOMES}
        onValue={(value) => setFilter('outcome', value)}
      />
      <SelectFilter
        label="History"
        all="Only jobs that the hubs know"
        value={history}
        choices={['true']}
        textOf={() => 'Also forgotten jobs'}
        onValue={(value) => setFilter('history', value)}
      />
      <TextFilter label="Text in id, method or condition" value={text} onValue={(value) => setFilter('text', value)} />
    </search>
  );
}

export const keyOfJob = ({ hub, jobId }: Job): string => cacheKey(hub, jobId);

/** Puts changed jobs in their places. New ones are read from the agent, which knows whether they match the filters. */
export function takeJobs(changes: readonly Change[], list: PagedList<Job>): void {
  const jobs = changes.flatMap((change) => (change.name === 'job' ? [change.data.job] : []));
  if (jobs.length === 0 || list.replace(jobs).length === 0) return;
  list.refresh();
  list.settle();
}

export const JOB_COLUMNS: readonly Column<Job>[] = [
  {
    title: 'Job',
    cell: ({ hub, jobId }) => (
      <a class="mono" href={jobHref(hub, jobId)}>
        {jobId}
      </a>
    ),
    kind: 'cut',
    whole: ({ jobId }) => jobId,
  },
  { title: 'Outcome', cell: ({ outcome, status }) => <State state={outcome === 'inProgress' ? status : outcome} /> },
  { title: 'What', cell: whatOf, kind: 'short', whole: whatOf },
  {
    title: 'Devices',
    cell: ({ deviceCount }) => (deviceCount === undefined ? '' : formatNumber(deviceCount)),
    kind: 'end',
  },
  { title: 'By outcome', cell: (job) => <Bar segments={jobSegments(job)} /> },
  {
    title: 'Condition',
    cell: ({ queryCondition }) => <span class="mono">{queryCondition}</span>,
    kind: 'cut',
    whole: ({ queryCondition }) => queryCondition,
  },
  { title: 'Created', cell: ({ createdTime }) => <Ago iso={createdTime} /> },
  { title: 'Hub', cell: ({ hub }) => hub, kind: 'short' },
];

/** The method of a job, or that it updates twins. */
export function whatOf({ methodName, type }: Pick<Job, 'type'> & { readonly methodName?: string | undefined }): string {
  return methodName ?? wordsOf(type);
}

function ScheduleLink(): VNode | null {
  const thing = useHubs()[0]?.things[0];
  if (thing === undefined) return null;
  return (
    <>
      <a class="button" href={serviceHref(thing, 'ScheduleTwinUpdateJob')}>
        Update twins
      </a>
      <a class="button is-main" href={serviceHref(thing, 'ScheduleDeviceMethodJob')}>
        Call a method
      </a>
    </>
  );
}

/** What a newcomer does first: a job that only asks devices something, with nothing left to fill in. */
export function NoJobs(): VNode {
  const thing = useHubs()[0]?.things[0];
  return (
    <Empty
      actions={
        thing !== undefined && (
          <a class="button is-main" href={serviceHref(thing, 'ScheduleDeviceMethodJob', FIRST_JOB)}>
            Prepare a first job
          </a>
        )
      }
    >
      There are no jobs yet. A job calls a direct method on many devices, or updates their twins. Begin with one that
      only asks devices for diagnostics: check how many devices it reaches, then schedule it.
    </Empty>
  );
}

const FIRST_JOB = { methodName: 'getDiagnostics', queryCondition: '*' };
