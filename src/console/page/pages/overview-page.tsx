import type { VNode } from 'preact';
import type { Hub, Job, List, Rollout, Status } from '../../api/types.js';
import { jobHref, rolloutHref } from '../format/links.js';
import { formatNumber } from '../format/numbers.js';
import { jobSegments, rolloutSegments, type Segment } from '../format/states.js';
import { cacheKey, useConsole, usePagedList, useResource, useTitle } from '../parts/console-context.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { useHubs } from '../parts/filters.js';
import { Loading, ReadFailure } from '../parts/messages.js';
import { PageHead, Panel } from '../parts/page-head.js';
import { Bar, State } from '../parts/states.js';
import { Ago, Time } from '../parts/time.js';
import { HubPanel } from './hub-panel.js';
import { keyOfJob, NoJobs, takeJobs, whatOf } from './jobs-page.js';
import { keyOfRollout, takeRollouts } from './rollouts-page.js';

/** Both ends, what runs, and what has ended since yesterday. */
export function OverviewPage(): VNode {
  useTitle('Overview');
  const { api } = useConsole();
  const status = useResource<Status>({
    key: 'status',
    load: (signal) => api.get('status', {}, signal),
    onChange: (change, value) =>
      change.name === 'status' && value ? { ...value, ...change.data } : endedAgain(change.name),
  });
  const hubs = useHubs();
  const value = status.value.value;
  return (
    <>
      <PageHead title="Overview" lead={value && <AgentLine status={value} />} />
      <div class="stack">
        <ReadFailure failure={status.failure.value} />
        {!value && !status.failure.value && <Loading />}
        {value && (
          <div class="ends">
            <Platform status={value} />
            <div class="stack">
              {hubs.map((hub) => (
                <HubPanel key={hub.name} hub={hub} />
              ))}
            </div>
          </div>
        )}
        {value && <Work ended={value.ended} hubs={hubs} />}
      </div>
    </>
  );
}

/** What has ended is not in the change of the status; it is read again when a job or roll-out changes. */
const endedAgain = (name: string): 'again' | undefined => (name === 'job' || name === 'rollout' ? 'again' : undefined);

function AgentLine({ status: { version, startedAt, cluster } }: { readonly status: Status }): VNode {
  return (
    <>
      {cluster ? `Agent ${cluster.agentName}, version ${version}` : `Agent version ${version}`}, started{' '}
      <Ago iso={startedAt} />
    </>
  );
}

function Platform({ status }: { readonly status: Status }): VNode {
  const platform = status.components['platform'];
  return (
    <Panel title="ThingWorx" end={platform && <State state={platform.status} />}>
      <p class="mono small">{status.thingworx.url}</p>
      {platform && (
        <p class="muted">
          {platform.detail && `${platform.detail}, `}since <Time iso={platform.since} />
        </p>
      )}
      <ul class="list">
        {status.things.map(({ name, iothub }) => (
          <li key={name}>
            Thing <strong>{name}</strong> for the hub {iothub}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

interface WorkProps {
  readonly ended: Status['ended'];
  readonly hubs: readonly Hub[];
}

const OPEN_JOBS = 20;

function Work({ ended, hubs }: WorkProps): VNode {
  const { api } = useConsole();
  const jobs = usePagedList<Job>({
    key: 'open jobs',
    pageSize: OPEN_JOBS,
    keyOf: keyOfJob,
    load: (page, signal) => api.get<List<Job>>('jobs', { outcome: 'inProgress', ...page }, signal),
    onChanges: takeJobs,
  });
  const rollouts = usePagedList<Rollout>({
    key: 'open rollouts',
    pageSize: OPEN_JOBS,
    keyOf: keyOfRollout,
    load: (page, signal) => api.get<List<Rollout>>('rollouts', page, signal),
    onChanges: takeRollouts,
  });
  const openJobs = jobs.items.value.filter(
    ({ outcome, rolloutId }) => outcome === 'inProgress' && rolloutId === undefined,
  );
  const openRollouts = rollouts.items.value.filter(({ outcome }) => outcome === 'inProgress');
  const isLoaded = jobs.first.value !== null && rollouts.first.value !== null;
  const isIdle = openJobs.length + openRollouts.length === 0;
  const failure = jobs.failure.value ?? rollouts.failure.value;
  return (
    <>
      <ReadFailure failure={failure} />
      {isLoaded && isIdle && ended.length === 0 && hubs.length > 0 && <NoJobs />}
      {!isIdle && (
        <Panel title="Running" end={<a href="/jobs">All jobs</a>}>
          <ul class="list">
            {openRollouts.map((rollout) => (
              <RunningRollout key={keyOfRollout(rollout)} rollout={rollout} />
            ))}
            {openJobs.map((job) => (
              <Running
                key={keyOfJob(job)}
                href={jobHref(job.hub, job.jobId)}
                id={job.jobId}
                what={`Job, ${whatOf(job)}`}
                state={job.status}
                segments={jobSegments(job)}
              />
            ))}
          </ul>
        </Panel>
      )}
      {ended.length > 0 && <Ended ended={ended} />}
    </>
  );
}

function RunningRollout({ rollout }: { readonly rollout: Rollout }): VNode {
  const { hub, rolloutId, state, batch, batchCount } = rollout;
  const place = batchCount > 1 ? `, batch ${batch} of ${formatNumber(batchCount)}` : '';
  return (
    <Running
      href={rolloutHref(hub, rolloutId)}
      id={rolloutId}
      what={`Roll-out, ${whatOf(rollout)}${place}`}
      state={state}
      segments={rolloutSegments(rollout)}
    />
  );
}

interface RunningProps {
  readonly href: string;
  readonly id: string;
  readonly what: string;
  readonly state: string;
  readonly segments: readonly Segment[];
}

function Running({ href, id, what, state, segments }: RunningProps): VNode {
  return (
    <li class="progress-line">
      <span>
        <a class="mono" href={href}>
          {id}
        </a>
        <br />
        <span class="muted small">{what}</span>
      </span>
      <Bar segments={segments} />
      <State state={state} />
    </li>
  );
}

type EndedItem = Status['ended'][number];

const ENDED_COLUMNS: readonly Column<EndedItem>[] = [
  {
    title: 'Ended',
    cell: ({ kind, hub, id }) => (
      <a class="mono" href={kind === 'job' ? jobHref(hub, id) : rolloutHref(hub, id)}>
        {id}
      </a>
    ),
    kind: 'cut',
    whole: ({ id }) => id,
  },
  { title: 'Kind', cell: ({ kind }) => (kind === 'job' ? 'job' : 'roll-out') },
  { title: 'Method', cell: ({ methodName }) => methodName, kind: 'short' },
  { title: 'Outcome', cell: ({ outcome }) => <State state={outcome} /> },
  { title: 'Devices', cell: ({ deviceCount }) => deviceCount !== undefined && formatNumber(deviceCount), kind: 'end' },
  { title: 'When', cell: ({ endTime }) => <Ago iso={endTime} /> },
];

function Ended({ ended }: { readonly ended: readonly EndedItem[] }): VNode {
  return (
    <Panel title="Ended in the last 24 hours">
      <DataTable
        label="Ended in the last 24 hours"
        columns={ENDED_COLUMNS}
        rows={ended}
        keyOf={({ kind, hub, id }) => cacheKey(kind, hub, id)}
      />
    </Panel>
  );
}
