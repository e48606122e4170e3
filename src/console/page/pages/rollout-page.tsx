import type { VNode } from 'preact';
import { useRoute } from 'preact-iso/router';
import type { RolloutDetails } from '../../api/types.js';
import { pathOf } from '../client/api-client.js';
import { counted } from '../format/numbers.js';
import { isRecurring } from '../format/rollout-words.js';
import { rolloutSegments, wordsOf } from '../format/states.js';
import { cacheKey, useConsole, useResource, useTitle } from '../parts/console-context.js';
import { DataTable } from '../parts/data-table.js';
import { useFilters } from '../parts/filters.js';
import { Empty, Loading, ReadFailure } from '../parts/messages.js';
import { Json, PageHead, Panel } from '../parts/page-head.js';
import { BarWithLegend, State } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { RolloutActions } from './rollout-actions.js';
import { BatchStrip } from './rollout-batches.js';
import { CoursePlot } from './rollout-course.js';
import { Definition } from './rollout-definition.js';
import { RolloutDevices } from './rollout-devices.js';
import { Failures, History, reasonText } from './rollout-history.js';
import { keyOfRollout, ROLLOUT_COLUMNS } from './rollouts-page.js';

/** One roll-out: how far it is, what failed, what happened, and the actions that its state allows. */
export function RolloutPage(): VNode {
  const { hub = '', id = '' } = useRoute().params as { hub?: string; id?: string };
  useTitle(`Roll-out ${id}`);
  const { api } = useConsole();
  const rollout = useResource<RolloutDetails>({
    key: cacheKey('rollout', hub, id),
    load: (signal) => api.get(`rollouts/${pathOf(hub, id)}`, {}, signal),
    onChange: (change, value) => {
      if (change.name !== 'rollout' || change.data.hub !== hub) return undefined;
      if (value && isRecurring(value) && change.data.rolloutId.startsWith(`${id}-r`)) return 'again';
      if (change.data.rolloutId !== id) return undefined;
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
  const isSeries = isRecurring(rollout);
  const showBatch = (next: number): void => setFilter('batch', next === batch ? '' : String(next));
  return (
    <>
      {rollout.state === 'awaitingApproval' && <Approval rollout={rollout} />}
      <Panel title="Progress" end={<State state={rollout.state === 'completed' ? rollout.outcome : rollout.state} />}>
        <div class="stack">
          <p>
            {standing(rollout)} <NextAction rollout={rollout} />
          </p>
          {!isSeries && <BarWithLegend segments={rolloutSegments(rollout)} />}
          {!isSeries && <BatchStrip batches={rollout.batches} selected={batch} onSelect={showBatch} />}
        </div>
      </Panel>
      {isSeries ? <Runs rollout={rollout} /> : <Course rollout={rollout} batch={batch} />}
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

/** What it does to its devices. */
function Course({ rollout, batch }: { readonly rollout: RolloutDetails; readonly batch: number }): VNode {
  return (
    <>
      <div class="columns">
        <Panel title="Devices by state">
          <CoursePlot rollout={rollout} />
        </Panel>
        <Panel title="Failures">
          <Failures failures={rollout.failures} />
        </Panel>
      </div>
      <RolloutDevices rollout={rollout} batch={batch} />
    </>
  );
}

/** The last runs of a recurring roll-out; each has a page of its own. */
function Runs({ rollout: { runs, skippedCount } }: { readonly rollout: RolloutDetails }): VNode {
  const skipped = skippedCount > 0 && <span class="muted number">{counted(skippedCount, 'time')} skipped</span>;
  return (
    <Panel title="Runs" end={skipped}>
      {runs.length === 0 ? (
        <Empty>It has not started a run yet.</Empty>
      ) : (
        <DataTable label="Runs" columns={ROLLOUT_COLUMNS} rows={runs} keyOf={keyOfRollout} />
      )}
    </Panel>
  );
}

/** What it does now, or why it does not, in a sentence. */
function standing(rollout: RolloutDetails): string {
  const { state, outcome, reason, waitingFor, batch, batchCount } = rollout;
  const isOpen = outcome === 'inProgress';
  const place = isOpen && batchCount > 0 && batch > 0 ? ` in batch ${batch} of ${batchCount}` : '';
  const because = reason === '' ? '' : `: ${reasonText(reason)}`;
  if (state === 'recurring' && waitingFor === 'startTime')
    return 'It is recurring. It waits for the time of its next run.';
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
