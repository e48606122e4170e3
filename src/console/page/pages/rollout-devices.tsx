import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { RolloutDetails, RolloutDevice } from '../../api/types.js';
import { pathOf } from '../client/api-client.js';
import { devicesHref, jobHref } from '../format/links.js';
import { wordsOf } from '../format/states.js';
import { AnswerButton, AnswerDetails } from '../parts/answer.js';
import { cacheKey, useConsole, usePagedList } from '../parts/console-context.js';
import type { Column } from '../parts/data-table.js';
import { SelectFilter, useFilters } from '../parts/filters.js';
import { ListTable } from '../parts/list-table.js';
import { Empty } from '../parts/messages.js';
import { Panel } from '../parts/page-head.js';
import { State } from '../parts/states.js';
import { Ago } from '../parts/time.js';

const STATES = [
  'pending',
  'running',
  'verifying',
  'retrying',
  'waiting',
  'succeeded',
  'refused',
  'timedOut',
  'offline',
  'unverified',
  'notFound',
  'failed',
  'expired',
  'cancelled',
];
const PAGE_SIZE = 100;
const DEVICES_REFRESH_MS = 2000;

export interface RolloutDevicesProps {
  readonly rollout: RolloutDetails;
  /** 0 for all batches. */
  readonly batch: number;
}

/** The devices of a roll-out in its order, by state and batch. */
export function RolloutDevices({ rollout, batch }: RolloutDevicesProps): VNode {
  const { api } = useConsole();
  const { hub, rolloutId, deviceCount, batches } = rollout;
  const { filters, setFilter } = useFilters();
  const { state } = filters;
  const [shown, setShown] = useState<string | null>(null);
  const list = usePagedList<RolloutDevice>({
    key: cacheKey('rollout devices', hub, rolloutId, state, batch),
    pageSize: PAGE_SIZE,
    minIntervalMs: DEVICES_REFRESH_MS,
    keyOf: keyOfDevice,
    load: (page, signal) =>
      api.get(`rollouts/${pathOf(hub, rolloutId)}/devices`, { state, batch: batch || undefined, ...page }, signal),
    onChanges: (changes, list) => {
      const isMine = changes.some(
        (change) => change.name === 'rollout' && change.data.hub === hub && change.data.rolloutId === rolloutId,
      );
      if (isMine) list.settle();
    },
  });
  const columns = useColumns(hub, setShown);
  const device = shown === null ? undefined : list.items.value.find(({ deviceId }) => deviceId === shown);
  const total = batch > 0 ? batches[batch - 1]?.size : deviceCount;
  return (
    <Panel title={batch > 0 ? `Devices of batch ${batch}` : 'Devices'}>
      <div class="filters">
        <SelectFilter
          label="State"
          all="All states"
          value={state}
          choices={STATES}
          onValue={(value) => setFilter('state', value)}
        />
        {batch > 0 && (
          <button type="button" onClick={() => setFilter('batch', '')}>
            All batches
          </button>
        )}
      </div>
      <ListTable
        list={list}
        label={`Devices of the roll-out ${rolloutId}`}
        columns={columns}
        keyOf={keyOfDevice}
        noun="device"
        total={state === undefined ? total : undefined}
        empty={<Empty>{emptyText(rollout, state)}</Empty>}
      />
      {device && <AnswerDetails title={device.deviceId} answer={device} onClose={() => setShown(null)} />}
    </Panel>
  );
}

const keyOfDevice = ({ deviceId }: RolloutDevice): string => deviceId;

function emptyText({ beginTime }: RolloutDetails, state: string | undefined): string {
  if (state !== undefined) return `No device is ${wordsOf(state)}.`;
  return beginTime === undefined ? 'The devices are fixed when the roll-out begins.' : 'The roll-out has no devices.';
}

function useColumns(hub: string, show: (deviceId: string) => void): readonly Column<RolloutDevice>[] {
  return useMemo(
    () => [
      {
        title: 'Device',
        cell: ({ deviceId }) => (
          <a class="mono" href={devicesHref(hub, { device: deviceId })}>
            {deviceId}
          </a>
        ),
        kind: 'cut',
        whole: ({ deviceId }) => deviceId,
      },
      { title: 'Batch', cell: ({ batch }) => batch, kind: 'end' },
      { title: 'State', cell: ({ state }) => <State state={state} /> },
      { title: 'Attempts', cell: ({ attempts }) => attempts, kind: 'end' },
      { title: 'Status', cell: ({ methodStatus }) => methodStatus, kind: 'end' },
      { title: 'Answer', cell: (row) => <AnswerButton answer={row} onShow={() => show(row.deviceId)} />, kind: 'cut' },
      {
        title: 'Last job',
        cell: ({ jobId }) =>
          jobId !== undefined && (
            <a class="mono" href={jobHref(hub, jobId)}>
              {jobId}
            </a>
          ),
        kind: 'short',
        whole: ({ jobId }) => jobId,
      },
      { title: 'Ended', cell: ({ endTime }) => <Ago iso={endTime} /> },
      { title: 'Next attempt', cell: ({ nextAttemptTime }) => <Ago iso={nextAttemptTime} /> },
    ],
    [hub],
  );
}
