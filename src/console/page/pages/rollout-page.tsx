import type { VNode } from 'preact';
import { useRoute } from 'preact-iso/router';
import type { RolloutDetails } from '../../api/types.js';
import { pathOf } from '../client/api-client.js';
import { rolloutHref } from '../format/links.js';
import { formatDuration } from '../format/durations.js';
import { counted } from '../format/numbers.js';
import { plainText } from '../format/plain-text.js';
import { rolloutSegments, wordsOf, wordsOfName } from '../format/states.js';
import { cacheKey, useConsole, useResource, useTitle } from '../parts/console-context.js';
import { useFilters } from '../parts/filters.js';
import { Loading, ReadFailure } from '../parts/messages.js';
import { Facts, Json, PageHead, Panel } from '../parts/page-head.js';
import { BarWithLegend, State } from '../parts/states.js';
import { Ago, Time } from '../parts/time.js';
import { RolloutActions } from './rollout-actions.js';
import { BatchStrip } from './rollout-batches.js';
import { CoursePlot } from './rollout-course.js';
import { RolloutDevices } from './rollout-devices.js';
import { Failures, History, reasonText } from './rollout-history.js';
import { whatOf } from './jobs-page.js';

/** One roll-out: how far it is, what failed, what happened, and the actions that its state allows. */
export function RolloutPage(): VNode {
  const { hub = '', id = '' } = useRoute().params as { hub?: string; id?: string };
  useTitle(`Roll-out ${id}`);
  const { api } = useConsole();
  const rollout = useResource<RolloutDetails>({
    key: cacheKey('rollout', hub, id),
    load: (signal) => api.get(`rollouts/${pathOf(hub, id)}`, {}, signal),
    onChange: (change, value) => {
      if (change.name !== 'rollout' || change.data.hub !== hub || change.data.rolloutId !== id) return undefined;
      if (change.data.rollout === null || !value) return 'again';
      rollout.refresh();
      // The counts are there at once; batches, failures and history follow.
      return { ...value, ...change.data.rollout };
    },
  });
  const details = rollout.value.value;
  const isGone = rollout.failure.value?.status === 404;
  return (
    <>
      <PageHead
        title={
          <>
            Roll-out <span class="mono">{id}</span>
          </>
        }
        lead={details?.description}
        actions={details && !isGone && <RolloutActions rollout={details} />}
      />
      <div class="stack">
        <ReadFailure failure={rollout.failure.value} />
        {details && !isGone ? <RolloutView rollout={details} /> : !rollout.failure.value && <Loading />}
      </div>
    </>
  );
}

function RolloutView({ rollout }: { readonly rollout: RolloutDetails }): VNode {
  const { filters, setFilter } = useFilters();
  const batch = Number(filters['batch'] ?? 0);
  const showBatch = (next: number): void => setFilter('batch', next === batch ? '' : String(next));
  return (
    <>
      {rollout.state === 'awaitingApproval' && <Approval rollout={rollout} />}
      <Panel title="Progress" end={<State state={rollout.state === 'completed' ? rollout.outcome : rollout.state} />}>
        <div class="stack">
          <p>
            {standing(rollout)} <NextAction rollout={rollout} />
          </p>
          <BarWithLegend segments={rolloutSegments(rollout)} />
          <BatchStrip batches={rollout.batches} selected={batch} onSelect={showBatch} />
        </div>
      </Panel>
      <div class="columns">
        <Panel title="Devices by state">
          <CoursePlot rollout={rollout} />
        </Panel>
        <Panel title="Failures">
          <Failures failures={rollout.failures} />
        </Panel>
      </div>
      <RolloutDevices rollout={rollout} batch={batch} />
      <div class="columns">
        <Panel title="Definition">
          <Definition rollout={rollout} />
        </Panel>
        <Panel title="History">
          <History entries={rollout.history} />
        </Panel>
      </div>
    </>
  );
}

/** What it does now, or why it does not, in a sentence. */
function standing({ state, outcome, reason, waitingFor, batch, batchCount }: RolloutDetails): string {
  const isOpen = outcome === 'inProgress';
  const place = isOpen && batchCount > 0 && batch > 0 ? ` in batch ${batch} of ${batchCount}` : '';
  const because = reason === '' ? '' : `: ${reasonText(reason)}`;
  const isSaid = waitingFor === '' || waitingFor === 'resume' || waitingFor === 'approval';
  const waits = isSaid ? '' : ` It waits for ${WAITS[waitingFor] ?? wordsOf(waitingFor)}.`;
  return `It is ${wordsOf(state)}${place}${because}.${waits}`;
}

const WAITS: Readonly<Record<string, string>> = {
  job: 'the open hub job',
  answers: 'the answers of an ended hub job',
  place: 'a place among the concurrent jobs of the hub',
  startTime: 'its start time',
  retry: 'the next attempt',
  soak: 'the pause between two batches',
  store: 'the store, which cannot be written',
  hub: 'the hub, which does not respond',
  window: 'the next maintenance window',
  devices: 'devices to connect',
};

function NextAction({ rollout: { nextActionTime } }: { readonly rollout: RolloutDetails }): VNode | null {
  if (nextActionTime === undefined) return null;
  return (
    <span class="muted">
      Next: <Ago iso={nextActionTime} />
    </span>
  );
}

/** What an approval would set going. */
function Approval({ rollout }: { readonly rollout: RolloutDetails }): VNode {
  const { deviceCount, methodName, definition, queryCondition } = rollout;
  return (
    <div class="message is-warning">
      <p>
        <strong>To be approved:</strong> {methodName === undefined ? 'update the twins of' : `call ${methodName} on`}{' '}
        <strong>{counted(deviceCount, 'device')}</strong>
        {queryCondition !== undefined && (
          <>
            {' '}
            that match <code>{queryCondition}</code>
          </>
        )}
        .
      </p>
      <Json value={methodName === undefined ? definition['patch'] : (definition['payload'] ?? null)} />
    </div>
  );
}

/** Parameters that the page shows elsewhere. */
const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set([
  'description',
  'methodName',
  'queryCondition',
  'payload',
  'patch',
]);

function Definition({ rollout }: { readonly rollout: RolloutDetails }): VNode {
  const { hub, definition, retryOf, createdTime, startTime, beginTime, endTime, expiresTime, queryCondition } = rollout;
  const others = Object.entries(definition).filter(
    ([name, value]) => !SHOWN_ELSEWHERE.has(name) && !isEmptyList(value),
  );
  return (
    <Facts
      facts={[
        ['Hub', hub],
        ['What', whatOf(rollout)],
        ['Condition', queryCondition && <code>{queryCondition}</code>],
        ['Retry of', retryOf && <a href={rolloutHref(hub, retryOf)}>{retryOf}</a>],
        ['Created', <Time key="created" iso={createdTime} />],
        ['Starts', <Time key="starts" iso={startTime} />],
        ['Began', beginTime && <Time iso={beginTime} />],
        ['Ended', endTime && <Time iso={endTime} />],
        ['Expires', <Time key="expires" iso={expiresTime} />],
        ['Payload', definition['payload'] === undefined ? undefined : <Json value={definition['payload']} />],
        ['Patch', definition['patch'] === undefined ? undefined : <Json value={definition['patch']} />],
        ...others.map(parameterFact),
      ]}
    />
  );
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** A parameter of the definition; seconds as a duration. */
function parameterFact([name, value]: readonly [string, unknown]): readonly [string, VNode | string] {
  const seconds = /(?:In)?Seconds$/;
  if (typeof value === 'number' && seconds.test(name)) {
    return [wordsOfName(name.replace(seconds, '')), formatDuration(value)];
  }
  const text = plainText(value);
  return [wordsOfName(name), typeof value === 'object' ? <code>{text}</code> : text];
}
