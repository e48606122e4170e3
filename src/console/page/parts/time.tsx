import type { VNode } from 'preact';
import { formatDistance } from '../format/durations.js';
import { localTimes } from '../format/times.js';
import { useConsole } from './console-context.js';

/** A point in time in the browser's zone; UTC on hover. Nothing for an absent one. */
export function Time({ iso }: { readonly iso: string | undefined }): VNode | null {
  const text = iso === undefined ? null : localTimes.time(iso);
  if (!text) return null;
  return (
    <time dateTime={iso} title={text.utc} class="number">
      {text.local}
    </time>
  );
}

/** How long ago or ahead a point in time is; local time and UTC on hover. */
export function Ago({ iso }: { readonly iso: string | undefined }): VNode | null {
  const nowMs = useConsole().nowMs.value;
  const text = iso === undefined ? null : localTimes.time(iso);
  if (!text || iso === undefined) return null;
  return (
    <time dateTime={iso} title={`${text.local} (${text.utc})`} class="number">
      {formatDistance(Date.parse(iso), nowMs)}
    </time>
  );
}
