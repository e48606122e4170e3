import type { VNode } from 'preact';
import type { Preview } from '../../api/types.js';
import { formatDuration } from '../format/durations.js';
import { counted, formatNumber } from '../format/numbers.js';
import { FailureMessage } from '../parts/messages.js';
import { Facts, Panel } from '../parts/page-head.js';
import { State } from '../parts/states.js';
import { Time } from '../parts/time.js';
import type { PreviewState } from './use-preview.js';

/** How many devices a form would reach, before anything is started. */
export function PreviewPanel({ state }: { readonly state: PreviewState }): VNode {
  return (
    <Panel title="Preview">
      <div aria-live="polite">
        <PreviewContent state={state} />
      </div>
    </Panel>
  );
}

function PreviewContent({ state }: { readonly state: PreviewState }): VNode {
  switch (state.kind) {
    case 'none':
      return <p class="muted">Fill in what is required to see how many devices it reaches.</p>;
    case 'reading':
      return <p class="muted">Counting devices …</p>;
    case 'failed':
      return <FailureMessage failure={state.failure} />;
    case 'ready':
      return <Found preview={state.preview} />;
  }
}

const MAX_BATCHES = 12;

function Found({ preview }: { readonly preview: Preview }): VNode {
  const { deviceCount, connectedCount, disconnectedCount, estimatedSeconds } = preview;
  return (
    <div class="stack">
      <p>
        <strong>{counted(deviceCount, 'device')}</strong>
        {connectedCount !== null &&
          `, ${formatNumber(connectedCount)} connected, ${formatNumber(disconnectedCount ?? 0)} not`}
      </p>
      {deviceCount === 0 && <p class="message is-warning">No device matches; nothing would happen.</p>}
      <Facts
        facts={[['Takes at least', estimatedSeconds > 0 && formatDuration(estimatedSeconds)], ...planFacts(preview)]}
      />
      {'batches' in preview && preview.needsApproval && (
        <p class="message is-warning">It waits for an approval before it begins.</p>
      )}
      {'sample' in preview && preview.sample.length > 0 && <Sample sample={preview.sample} />}
    </div>
  );
}

function planFacts(preview: Preview): readonly (readonly [string, VNode | string])[] {
  if (!('batches' in preview)) return [];
  const { batches, batchCount, jobCount, nextWindow } = preview;
  const sizes = batches.slice(0, MAX_BATCHES).map(({ size }) => formatNumber(size));
  return [
    ['Batches', `${formatNumber(batchCount)}: ${sizes.join(', ')}${batchCount > MAX_BATCHES ? ' …' : ''}`],
    ['Hub jobs', formatNumber(jobCount)],
    ...(nextWindow ? [['Window', <Window key="window" {...nextWindow} />] as const] : []),
  ];
}

const Window = ({ start, end }: { readonly start: string; readonly end: string }): VNode => (
  <>
    <Time iso={start} /> to <Time iso={end} />
  </>
);

type SampleRow = Extract<Preview, { sample: unknown }>['sample'][number];

function Sample({ sample }: { readonly sample: readonly SampleRow[] }): VNode {
  return (
    <div>
      <h3 class="muted small">For example</h3>
      <ul>
        {sample.map(({ deviceId, moduleId, connectionState }, index) => (
          <li key={index} class="panel-head small">
            <span class="mono">{moduleId ? `${deviceId}/${moduleId}` : deviceId}</span>
            {connectionState && <State state={connectionState} />}
          </li>
        ))}
      </ul>
    </div>
  );
}
