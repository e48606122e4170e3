import type { VNode } from 'preact';
import type { RolloutDetails } from '../../api/types.js';
import { counted, formatNumber } from '../format/numbers.js';
import { wordsOf } from '../format/states.js';

type Batch = RolloutDetails['batches'][number];

export interface BatchStripProps {
  readonly batches: readonly Batch[];
  /** The batch whose devices are shown; 0 for all. */
  readonly selected: number;
  readonly onSelect: (batch: number) => void;
}

/** The batches in their order, each in its state. A press shows the devices of that batch alone. */
export function BatchStrip({ batches, selected, onSelect }: BatchStripProps): VNode | null {
  if (batches.length === 0) return null;
  return (
    <div>
      <h3 class="muted small">Batches</h3>
      <ol class="strip">
        {batches.map((batch) => (
          <li key={batch.batch}>
            <button
              type="button"
              class={`batch-${faceOf(batch)}`}
              aria-pressed={batch.batch === selected}
              aria-label={batchText(batch)}
              title={batchText(batch)}
              onClick={() => onSelect(batch.batch)}
            >
              {formatNumber(batch.batch)}
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

function faceOf({ state, failedCount, refusedCount }: Batch): string {
  return state === 'done' && failedCount + refusedCount > 0 ? 'faulty' : state;
}

/** `Batch 2, 100 devices: running, 40 succeeded, 3 failed`. */
export function batchText({ batch, size, state, succeededCount, refusedCount, failedCount }: Batch): string {
  const counts = [
    [succeededCount, 'succeeded'],
    [refusedCount, 'refused'],
    [failedCount, 'failed'],
  ] as const;
  const parts = counts.filter(([count]) => count > 0).map(([count, word]) => `${formatNumber(count)} ${word}`);
  return `Batch ${batch}, ${counted(size, 'device')}: ${[wordsOf(state), ...parts].join(', ')}`;
}
