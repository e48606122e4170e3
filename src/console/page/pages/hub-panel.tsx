import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Hub } from '../../api/types.js';
import { counted, formatNumber } from '../format/numbers.js';
import { Facts, Panel } from '../parts/page-head.js';
import { Plot } from '../parts/plot.js';
import { perMinute } from '../parts/plot-data.js';
import { State } from '../parts/states.js';
import { Time } from '../parts/time.js';

const PLOT_HEIGHT = 96;

/** One hub: its state, its tier, what runs on it, and how much of its budget is in use. */
export function HubPanel({ hub }: { readonly hub: Hub }): VNode {
  const { name, hostName, tier, units, health, role, holder } = hub;
  return (
    <Panel title={`Hub ${name}`} end={<State state={health.status} />} isSpaced>
      <p>
        <span class="mono">{hostName}</span>{' '}
        <span class="muted">
          {health.detail && `${health.detail}, `}since <Time iso={health.since} />
        </span>
      </p>
      <Facts
        facts={[
          ['Tier', tier === 'unlimited' ? 'unlimited' : `${tier}, ${counted(units, 'unit')}`],
          ['Role', role && (role === 'active' ? 'active' : `standby; ${holder ?? 'no agent'} serves the hub`)],
          ['Open jobs', `${formatNumber(hub.openJobs)} of ${counted(hub.places, 'place')}${othersText(hub)}`],
          ['In the queue', hub.queuedJobs === null ? undefined : counted(hub.queuedJobs, 'job')],
          ['Roll-outs', counted(hub.openRollouts, 'open roll-out')],
        ]}
      />
      <div class="columns">
        <Budget name="Job operations" budget={hub.budgets.jobOperations} />
        <Budget name="Queries" budget={hub.budgets.queries} />
      </div>
      <ul class="legend">
        <li class="state">
          <span class="mark is-running" /> service calls
        </li>
        <li class="state">
          <span class="mark is-pending" /> the agent itself
        </li>
      </ul>
    </Panel>
  );
}

function othersText({ activeJobs, openJobs }: Hub): string {
  const others = (activeJobs ?? 0) - openJobs;
  return others > 0 ? `, and ${formatNumber(others)} other active` : '';
}

type BudgetUse = Hub['budgets']['queries'];

function Budget({ name, budget }: { readonly name: string; readonly budget: BudgetUse }): VNode {
  const { points, stepSeconds, perMinute: allowed } = budget;
  const data = useMemo(() => {
    const rates = (amounts: readonly number[]): number[] => amounts.map((amount) => perMinute(amount, stepSeconds));
    return {
      times: points.map(({ time }) => Date.parse(time) / 1000),
      series: [
        { tone: 'running' as const, values: rates(points.map(({ users }) => users)) },
        { tone: 'pending' as const, values: rates(points.map(({ background }) => background)) },
      ],
    };
  }, [points]);
  const used = lastMinute(budget);
  const limit = allowed === null ? '' : ` of ${formatNumber(allowed)}`;
  return (
    <figure>
      <figcaption class="panel-head small">
        <span>{name}</span>
        <span class="number">
          {formatNumber(used)}
          {limit} a minute
        </span>
      </figcaption>
      <Plot
        label={`${name} a minute over the last 15 minutes. Now: ${formatNumber(used)}${limit}`}
        times={data.times}
        series={data.series}
        height={PLOT_HEIGHT}
      />
    </figure>
  );
}

/** Requests in the last minute that has ended. */
function lastMinute({ points, stepSeconds }: BudgetUse): number {
  const steps = Math.max(1, Math.round(60 / Math.max(1, stepSeconds)));
  return points.slice(-steps).reduce((sum, { users, background }) => sum + users + background, 0);
}
