import type { ComponentChildren, VNode } from 'preact';
import { formatNumber, percentText } from '../format/numbers.js';
import { type Segment, segmentsText, toneOf, wordsOf } from '../format/states.js';

/** A state in words, with a mark in its colour. */
export function State({ state, children }: { readonly state: string; readonly children?: ComponentChildren }): VNode {
  return (
    <span class="state">
      <span class={`mark is-${toneOf(state)}`} />
      {children ?? wordsOf(state)}
    </span>
  );
}

/** Counts by outcome as one bar. Its text is read out in place of the colours. */
export function Bar({
  segments,
  isLarge,
}: {
  readonly segments: readonly Segment[];
  readonly isLarge?: boolean;
}): VNode {
  return (
    <div
      class={isLarge ? 'bar is-large' : 'bar'}
      role="img"
      aria-label={segmentsText(segments)}
      title={segmentsText(segments)}
    >
      {segments
        .filter(({ count }) => count > 0)
        .map(({ tone, count }) => (
          <span key={tone} class={`is-${tone}`} style={{ flexGrow: String(count) }} />
        ))}
    </div>
  );
}

/** The bar with its numbers. */
export function BarWithLegend({ segments }: { readonly segments: readonly Segment[] }): VNode {
  const whole = segments.reduce((sum, { count }) => sum + count, 0);
  return (
    <div>
      <Bar segments={segments} isLarge />
      <ul class="legend">
        {segments
          .filter(({ count }) => count > 0)
          .map(({ tone, label, count }) => (
            <li key={tone} class="state number">
              <span class={`mark is-${tone}`} />
              {formatNumber(count)} {label}
              <span class="muted">{percentText(count, whole)}</span>
            </li>
          ))}
        {whole === 0 && <li class="muted">No devices yet</li>}
      </ul>
    </div>
  );
}
