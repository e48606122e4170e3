import type { VNode } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { Device } from '../../api/types.js';
import { MarkedText } from '../forms/marked-text.js';
import { useConditionFault } from '../forms/condition-check.js';
import { devicesHref, withQuery } from '../format/links.js';
import { cacheKey, useConsole, usePagedList, useTitle } from '../parts/console-context.js';
import type { Column } from '../parts/data-table.js';
import { useHubs } from '../parts/filters.js';
import { ListTable } from '../parts/list-table.js';
import { Empty, Loading } from '../parts/messages.js';
import { PageHead } from '../parts/page-head.js';
import { State } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { DeviceView } from './device-view.js';

const PAGE_SIZE = 100;

/** The devices of a hub that match a condition, or one of them. */
export function DevicesPage(): VNode {
  const { query } = useLocation();
  const hubs = useHubs();
  const hub = query['hub'] ?? hubs[0]?.name;
  const { device, condition = '' } = query;
  if (hub === undefined) return <Loading />;
  if (device !== undefined) return <DeviceView key={cacheKey(hub, device)} hub={hub} deviceId={device} />;
  return <DeviceList hub={hub} condition={condition} hubs={hubs.map(({ name }) => name)} />;
}

interface DeviceListProps {
  readonly hub: string;
  readonly condition: string;
  readonly hubs: readonly string[];
}

function DeviceList({ hub, condition, hubs }: DeviceListProps): VNode {
  useTitle('Devices');
  const { api } = useConsole();
  const list = usePagedList<Device>({
    key: cacheKey('devices', hub, condition),
    pageSize: PAGE_SIZE,
    keyOf: ({ deviceId }) => deviceId,
    load: (page, signal) => api.get('devices', { hub, condition, ...page }, signal),
  });
  return (
    <>
      <PageHead
        title="Devices"
        actions={
          <>
            <button type="button" onClick={() => list.refresh()}>
              Read again
            </button>
            <a class="button is-main" href={withQuery('/rollouts/new', { hub, condition: condition || '*' })}>
              Start a roll-out on these
            </a>
          </>
        }
      />
      <ConditionForm key={cacheKey(hub, condition)} hub={hub} condition={condition} hubs={hubs} />
      <ListTable
        list={list}
        label="Devices"
        columns={COLUMNS}
        keyOf={({ deviceId }) => deviceId}
        noun="device"
        empty={<Empty>{condition === '' ? NO_DEVICES : 'No device matches this condition.'}</Empty>}
      />
    </>
  );
}

const NO_DEVICES = 'The hub has no devices yet. Register them at the hub; they appear here at once.';

/** The condition takes effect on Enter or the button, since every query costs the hub. */
function ConditionForm({ hub, condition, hubs }: DeviceListProps): VNode {
  const { route } = useLocation();
  const id = useId();
  const [text, setText] = useState(condition);
  const fault = useConditionFault(text);
  return (
    <form
      class="filters"
      role="search"
      aria-label="Condition"
      onSubmit={(event) => {
        event.preventDefault();
        route(devicesHref(hub, { condition: text.trim() }));
      }}
    >
      {hubs.length > 1 && (
        <div class="field">
          <label for={`${id}-hub`}>Hub</label>
          <select
            id={`${id}-hub`}
            value={hub}
            onChange={(event) => route(devicesHref(event.currentTarget.value, { condition }))}
          >
            {hubs.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
      <div class="field is-wide">
        <label for={id}>Condition</label>
        <input
          id={id}
          class="mono"
          value={text}
          placeholder="tags.site = 'Lyon' AND connectionState = 'Connected'"
          spellcheck={false}
          autocomplete="off"
          aria-invalid={fault !== null}
          aria-describedby={`${id}-fault`}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <div id={`${id}-fault`} class="fault">
          {fault?.message}
          {fault && <MarkedText text={text} offset={fault.offset} />}
        </div>
      </div>
      <button type="submit">Show devices</button>
    </form>
  );
}

const compact = (value: object): string => (Object.keys(value).length === 0 ? '' : JSON.stringify(value));

const COLUMNS: readonly Column<Device>[] = [
  {
    title: 'Device',
    cell: ({ hub, deviceId }) => (
      <a class="mono" href={devicesHref(hub, { device: deviceId.split('/', 1)[0] ?? '' })}>
        {deviceId}
      </a>
    ),
    kind: 'cut',
    whole: ({ deviceId }) => deviceId,
  },
  { title: 'Connection', cell: ({ connectionState = 'unknown' }) => <State state={connectionState} /> },
  { title: 'Status', cell: ({ status }) => status },
  { title: 'Last activity', cell: ({ lastActivityTime }) => <Ago iso={lastActivityTime} /> },
  {
    title: 'Tags',
    cell: ({ tags }) => <span class="mono">{compact(tags)}</span>,
    kind: 'cut',
    whole: ({ tags }) => compact(tags),
  },
  {
    title: 'Desired',
    cell: ({ desired }) => <span class="mono">{compact(desired)}</span>,
    kind: 'cut',
    whole: ({ desired }) => compact(desired),
  },
  {
    title: 'Reported',
    cell: ({ reported }) => <span class="mono">{compact(reported)}</span>,
    kind: 'cut',
    whole: ({ reported }) => compact(reported),
  },
];
