import type { VNode } from 'preact';
import type { Device, JobDevice, List } from '../../api/types.js';
import { pathOf } from '../client/api-client.js';
import { conditionFor } from '../forms/device-actions.js';
import { devicesHref, jobHref, rolloutHref } from '../format/links.js';
import { wordsOf } from '../format/states.js';
import { answerSummary } from '../parts/answer.js';
import { cacheKey, useConsole, usePagedList, useResource, useTitle } from '../parts/console-context.js';
import type { Column } from '../parts/data-table.js';
import { useHubs } from '../parts/filters.js';
import { ListTable } from '../parts/list-table.js';
import { Empty, Loading, ReadFailure } from '../parts/messages.js';
import { Facts, Json, PageHead, Panel } from '../parts/page-head.js';
import { State } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { DeviceActions } from './device-actions.js';

export interface DeviceViewProps {
  readonly hub: string;
  readonly deviceId: string;
}

/** One device: its state, its twin, and the jobs and roll-outs that it was in. */
export function DeviceView({ hub, deviceId }: DeviceViewProps): VNode {
  useTitle(`Device ${deviceId}`);
  const { api } = useConsole();
  const device = useResource<List<Device>>({
    key: cacheKey('device', hub, deviceId),
    load: (signal) => api.get('devices', { hub, condition: conditionFor(deviceId), limit: 1 }, signal),
  });
  const found = device.value.value?.items[0];
  const thing = useHubs().find(({ name }) => name === hub)?.things[0];
  const show = (next: Device): void => device.set({ items: [next], cursor: null });
  const isMissing = device.value.value !== null && !found;
  return (
    <>
      <PageHead
        title={
          <>
            Device <span class="mono">{deviceId}</span>
          </>
        }
        actions={
          <>
            <a href={devicesHref(hub)}>All devices</a>
            <button type="button" onClick={() => device.refresh()}>
              Read again
            </button>
          </>
        }
      />
      <div class="stack">
        <ReadFailure failure={device.failure.value} />
        {found && thing !== undefined && <DeviceActions thing={thing} device={found} onDevice={show} />}
        {found && <Twin device={found} />}
        {isMissing && <Empty>The hub has no such device.</Empty>}
        {!device.value.value && !device.failure.value && <Loading />}
        <Jobs hub={hub} deviceId={deviceId} />
      </div>
    </>
  );
}

function Twin({ device }: { readonly device: Device }): VNode {
  const { hub, status, statusReason, connectionState = 'unknown', authenticationType } = device;
  const { lastActivityTime, tags, desired, reported } = device;
  return (
    <div class="columns">
      <Panel title="State">
        <Facts
          facts={[
            ['Hub', hub],
            ['Connection', <State key="connection" state={connectionState} />],
            ['Status', status],
            ['Reason', statusReason],
            ['Authentication', authenticationType],
            ['Last activity', <Ago key="activity" iso={lastActivityTime} />],
          ]}
        />
      </Panel>
      <Panel title="Tags">
        <Json value={tags} />
      </Panel>
      <Panel title="Desired properties">
        <Json value={desired} />
      </Panel>
      <Panel title="Reported properties">
        <Json value={reported} />
      </Panel>
    </div>
  );
}

function Jobs({ hub, deviceId }: DeviceViewProps): VNode {
  const { api } = useConsole();
  const list = usePagedList<JobDevice>({
    key: cacheKey('jobs of device', hub, deviceId),
    pageSize: 100,
    keyOf: keyOfEntry,
    load: (page, signal) => api.get(`devices/${pathOf(hub, deviceId)}/jobs`, { ...page }, signal),
  });
  return (
    <Panel title="Jobs and roll-outs">
      <ListTable
        list={list}
        label={`Jobs of the device ${deviceId}`}
        columns={COLUMNS}
        keyOf={keyOfEntry}
        noun="job"
        empty={<Empty>No job that the hub still knows has reached this device.</Empty>}
      />
    </Panel>
  );
}

const keyOfEntry = ({ jobId, moduleId = '' }: JobDevice): string => cacheKey(jobId, moduleId);

const COLUMNS: readonly Column<JobDevice>[] = [
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
  { title: 'State', cell: ({ state }) => <State state={state} /> },
  { title: 'Kind', cell: ({ type }) => type && wordsOf(type) },
  {
    title: 'Roll-out',
    cell: ({ hub, rolloutId }) =>
      rolloutId && (
        <a class="mono" href={rolloutHref(hub, rolloutId)}>
          {rolloutId}
        </a>
      ),
    kind: 'short',
  },
  { title: 'Status', cell: ({ methodStatus }) => methodStatus, kind: 'end' },
  { title: 'Answer', cell: (row) => <span class="mono">{answerSummary(row)}</span>, kind: 'cut', whole: answerSummary },
  { title: 'Ended', cell: ({ endTime, lastUpdatedTime }) => <Ago iso={endTime ?? lastUpdatedTime} /> },
];
