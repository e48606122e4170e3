import type { VNode } from 'preact';
import type { Rollout } from '../../api/types.js';
import { rolloutHref } from '../format/links.js';
import { formatNumber } from '../format/numbers.js';
import { rolloutSegments } from '../format/states.js';
import type { Change } from '../live/change-feed.js';
import type { PagedList } from '../live/paged-list.js';
import { cacheKey, useConsole, usePagedList, useTitle } from '../parts/console-context.js';
import type { Column } from '../parts/data-table.js';
import { HubFilter, SelectFilter, useFilters } from '../parts/filters.js';
import { ListTable } from '../parts/list-table.js';
import { Empty } from '../parts/messages.js';
import { PageHead } from '../parts/page-head.js';
import { Bar, State } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { whatOf } from './jobs-page.js';

/** A record, so that the compiler reports a state that is missing. */
const STATES: Readonly<Record<Rollout['state'], true>> = {
  awaitingApproval: true,
  scheduled: true,
  recurring: true,
  preparing: true,
  running: true,
  paused: true,
  cancelling: true,
  completed: true,
  cancelled: true,
  failed: true,
};
const PAGE_SIZE = 50;

/** Roll-outs of all hubs, newest first. */
export function RolloutsPage(): VNode {
  useTitle('Roll-outs');
  const { api } = useConsole();
  const { filters, setFilter } = useFilters();
  const { hub, state } = filters;
  const list = usePagedList<Rollout>({
    key: cacheKey('rollouts', hub, state),
    pageSize: PAGE_SIZE,
    keyOf: keyOfRollout,
    load: (page, signal) => api.get('rollouts', { hub, state, ...page }, signal),
    onChanges: takeRollouts,
  });
  const isFiltered = hub !== undefined || state !== undefined;
  return (
    <>
      <PageHead title="Roll-outs" actions={<StartLink />} />
      <search class="filters" aria-label="Filters of the roll-outs">
        <HubFilter value={hub} onValue={(value) => setFilter('hub', value)} />
        <SelectFilter
          label="State"
          all="Any state"
          value={state}
          choices={Object.keys(STATES)}
          onValue={(value) => setFilter('state', value)}
        />
      </search>
      <ListTable
        list={list}
        label="Roll-outs"
        columns={ROLLOUT_COLUMNS}
        keyOf={keyOfRollout}
        noun="roll-out"
        empty={isFiltered ? <Empty>No roll-out matches these filters.</Empty> : <NoRollouts />}
      />
    </>
  );
}

export const keyOfRollout = ({ hub, rolloutId }: Pick<Rollout, 'hub' | 'rolloutId'>): string =>
  cacheKey(hub, rolloutId);

/** Puts changed roll-outs in their places, and takes out deleted ones. */
export function takeRollouts(changes: readonly Change[], list: PagedList<Rollout>): void {
  const changed = changes.flatMap((change) => (change.name === 'rollout' ? [change.data] : []));
  for (const change of changed) if (change.rollout === null) list.remove(keyOfRollout(change));
  const rollouts = changed.flatMap(({ rollout }) => (rollout ? [rollout] : []));
  if (rollouts.length > 0 && list.replace(rollouts).length > 0) list.refresh();
}

const StartLink = (): VNode => (
  <a class="button is-main" href="/rollouts/new">
    Start a roll-out
  </a>
);

const NoRollouts = (): VNode => (
  <Empty actions={<StartLink />}>
    There are no roll-outs yet. A roll-out carries a method call or a twin update through many devices in batches,
    retries those that fail, and stops by rules that you set.
  </Empty>
);

export const ROLLOUT_COLUMNS: readonly Column<Rollout>[] = [
  {
    title: 'Roll-out',
    cell: ({ hub, rolloutId }) => (
      <a class="mono" href={rolloutHref(hub, rolloutId)}>
        {rolloutId}
      </a>
    ),
    kind: 'cut',
    whole: ({ rolloutId }) => rolloutId,
  },
  { title: 'State', cell: ({ state, outcome }) => <State state={state === 'completed' ? outcome : state} /> },
  { title: 'What', cell: whatOf, kind: 'short', whole: whatOf },
  {
    title: 'Batch',
    cell: ({ batch, batchCount }) => (batchCount === 0 ? '' : `${batch} of ${formatNumber(batchCount)}`),
    kind: 'end',
  },
  { title: 'Devices', cell: ({ deviceCount }) => formatNumber(deviceCount), kind: 'end' },
  { title: 'By state', cell: (rollout) => <Bar segments={rolloutSegments(rollout)} /> },
  {
    title: 'Description',
    cell: ({ description }) => description,
    kind: 'cut',
    whole: ({ description }) => description,
  },
  { title: 'Created', cell: ({ createdTime }) => <Ago iso={createdTime} /> },
  { title: 'Hub', cell: ({ hub }) => hub, kind: 'short' },
];
