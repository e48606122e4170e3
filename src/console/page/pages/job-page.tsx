import type { VNode } from 'preact';
import { useRoute } from 'preact-iso/router';
import { useMemo, useState } from 'preact/hooks';
import type { Job, JobDetails, JobDevice } from '../../api/types.js';
import { pathOf } from '../client/api-client.js';
import { devicesHref, rolloutHref } from '../format/links.js';
import { jobSegments, wordsOf } from '../format/states.js';
import { formatDuration } from '../format/durations.js';
import { cacheKey, useConsole, usePagedList, useResource, useTitle } from '../parts/console-context.js';
import { AnswerButton, AnswerDetails } from '../parts/answer.js';
import type { Column } from '../parts/data-table.js';
import { SelectFilter, useFilters } from '../parts/filters.js';
import { ListTable } from '../parts/list-table.js';
import { Empty, Loading, ReadFailure } from '../parts/messages.js';
import { Facts, Json, PageHead, Panel } from '../parts/page-head.js';
import { BarWithLegend, State } from '../parts/states.js';
import { Ago, Time } from '../parts/time.js';
import { JobActions } from './job-actions.js';

const STATES = ['pending', 'running', 'succeeded', 'refused', 'failed', 'cancelled'];
const PAGE_SIZE = 100;
const DEVICES_REFRESH_MS = 2000;

/** One job: what it was made with, how it goes, and what happened on each device. */
export function JobPage(): VNode {
  const { hub = '', id = '' } = useRoute().params as { hub?: string; id?: string };
  useTitle(`Job ${id}`);
  const { api } = useConsole();
  const job = useResource<JobDetails>({
    key: cacheKey('job', hub, id),
    load: (signal) => api.get(`jobs/${pathOf(hub, id)}`, {}, signal),
    onChange: (change, value) => {
      if (change.name !== 'job' || change.data.hub !== hub || change.data.jobId !== id) return undefined;
      return value ? changedJob(value, change.data.job) : 'again';
    },
  });
  const details = job.value.value;
  return (
    <>
      <PageHead
        title={
          <>
            Job <span class="mono">{id}</span>
          </>
        }
        actions={details && <JobActions job={details} />}
      />
      <div class="stack">
        <ReadFailure failure={job.failure.value} />
        {details ? <JobView job={details} /> : !job.failure.value && <Loading />}
      </div>
    </>
  );
}

const NOT_STARTED: ReadonlySet<string> = new Set(['queued', 'scheduled', 'pending']);

/** The row of a change has no payload and does not say what can be done. */
function changedJob(known: JobDetails, job: Job): JobDetails {
  return { ...known, ...job, canBeCancelled: known.canBeCancelled && NOT_STARTED.has(job.status) };
}

function JobView({ job }: { readonly job: JobDetails }): VNode {
  return (
    <>
      <div class="columns">
        <Panel title="Progress" end={<State state={job.outcome === 'inProgress' ? job.status : job.outcome} />}>
          <BarWithLegend segments={jobSegments(job)} />
          {job.failureReason && <p class="fault">{job.failureReason}</p>}
          {job.statusMessage && <p class="muted small">{job.statusMessage}</p>}
        </Panel>
        <Panel title="Definition">
          <Facts facts={definitionFacts(job)} />
        </Panel>
      </div>
      <Devices job={job} />
    </>
  );
}

function definitionFacts(job: JobDetails): readonly (readonly [string, VNode | string | undefined])[] {
  const seconds = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : formatDuration(value);
  return [
    ['Hub', job.hub],
    ['Kind', wordsOf(job.type)],
    ['Method', job.methodName],
    ['Condition', <code key="condition">{job.queryCondition ?? '*'}</code>],
    ['Roll-out', job.rolloutId && <a href={rolloutHref(job.hub, job.rolloutId)}>{job.rolloutId}</a>],
    ['Created', <Time key="created" iso={job.createdTime} />],
    ['Started', <Time key="started" iso={job.startTime} />],
    ['Ended', job.endTime && <Time iso={job.endTime} />],
    ['May run for', seconds(job.maxExecutionTimeInSeconds)],
    ['Waits for devices', seconds(job.connectTimeoutInSeconds)],
    ['Waits for responses', seconds(job.responseTimeoutInSeconds)],
    ['Payload', job.payload === undefined ? undefined : <Json value={job.payload} />],
    ['Patch', job.patch && <Json value={job.patch} />],
  ];
}

function Devices({ job }: { readonly job: JobDetails }): VNode {
  const { api } = useConsole();
  const { hub, jobId, deviceCount } = job;
  const { filters, setFilter } = useFilters();
  const { state } = filters;
  const [shown, setShown] = useState<string | null>(null);
  const list = usePagedList<JobDevice>({
    key: cacheKey('job devices', hub, jobId, state),
    pageSize: PAGE_SIZE,
    minIntervalMs: DEVICES_REFRESH_MS,
    keyOf: keyOfDevice,
    load: (page, signal) => api.get(`jobs/${pathOf(hub, jobId)}/devices`, { state, ...page }, signal),
    onChanges: (changes, list) => {
      if (changes.some((change) => change.name === 'job' && change.data.hub === hub && change.data.jobId === jobId))
        list.settle();
    },
  });
  const columns = useColumns(setShown);
  const device = shown === null ? undefined : list.items.value.find((item) => keyOfDevice(item) === shown);
  return (
    <Panel title="Devices">
      <div class="filters">
        <SelectFilter
          label="State"
          all="All states"
          value={state}
          choices={STATES}
          onValue={(value) => setFilter('state', value)}
        />
      </div>
      <ListTable
        list={list}
        label={`Devices of the job ${jobId}`}
        columns={columns}
        keyOf={keyOfDevice}
        noun="device"
        total={state === undefined ? deviceCount : undefined}
        empty={<Empty>{emptyText(job, state)}</Empty>}
      />
      {device && <AnswerDetails title={device.deviceId} answer={device} onClose={() => setShown(null)} />}
    </Panel>
  );
}

function emptyText({ outcome }: JobDetails, state: string | undefined): string {
  if (state !== undefined) return `No device is ${wordsOf(state)}.`;
  return outcome === 'inProgress'
    ? 'The job has not reached a device yet.'
    : 'The job reached no device. Check its condition on the page Devices.';
}

const keyOfDevice = ({ deviceId, moduleId = '' }: JobDevice): string => cacheKey(deviceId, moduleId);

/** The columns do not change between draws, so that only changed rows are drawn. */
function useColumns(show: (key: string) => void): readonly Column<JobDevice>[] {
  return useMemo(
    () => [
      { title: 'Device', cell: (row) => <DeviceLink device={row} />, kind: 'cut', whole: ({ deviceId }) => deviceId },
      { title: 'State', cell: ({ state }) => <State state={state} /> },
      { title: 'Status', cell: ({ methodStatus }) => methodStatus, kind: 'end' },
      {
        title: 'Answer',
        cell: (row) => <AnswerButton answer={row} onShow={() => show(keyOfDevice(row))} />,
        kind: 'cut',
      },
      { title: 'Ended', cell: ({ endTime }) => <Ago iso={endTime} /> },
    ],
    [],
  );
}

function DeviceLink({ device: { hub, deviceId, moduleId } }: { readonly device: JobDevice }): VNode {
  return (
    <a class="mono" href={devicesHref(hub, { device: deviceId })}>
      {moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`}
    </a>
  );
}
