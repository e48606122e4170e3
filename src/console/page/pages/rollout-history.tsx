import type { VNode } from 'preact';
import type { RolloutDetails } from '../../api/types.js';
import { counted, formatNumber } from '../format/numbers.js';
import { wordsOf } from '../format/states.js';
import { State } from '../parts/states.js';
import { Time } from '../parts/time.js';

type Entry = RolloutDetails['history'][number];

/** What failed, the most frequent first. */
export function Failures({ failures }: { readonly failures: RolloutDetails['failures'] }): VNode {
  if (failures.length === 0) return <p class="muted">No device has failed.</p>;
  return (
    <ul class="list">
      {failures.map(({ state, code, count }) => (
        <li key={`${state} ${code}`} class="panel-head">
          <State state={state} />
          <code>{code}</code>
          <span class="number">{counted(count, 'device')}</span>
        </li>
      ))}
    </ul>
  );
}

/** What happened, newest first. */
export function History({ entries }: { readonly entries: readonly Entry[] }): VNode {
  return (
    <ol class="list">
      {[...entries].reverse().map((entry, index) => (
        <li key={entries.length - index}>
          <p>{entryText(entry)}</p>
          {entry.comment && <p>“{entry.comment}”</p>}
          <p class="muted small">
            <Time iso={entry.time} />
          </p>
        </li>
      ))}
    </ol>
  );
}

const EVENTS: Readonly<Record<NonNullable<Entry['event']>, (entry: Entry) => string>> = {
  created: () => 'Created',
  state: ({ state = '', reason }) => `Now ${wordsOf(state)}${reason ? `: ${reasonText(reason)}` : ''}`,
  batchBegun: ({ batch }) => `Batch ${batch} began`,
  batchSettled: ({ batch }) => `Batch ${batch} was settled`,
  abort: abortText,
  approved: () => 'Approved',
  override: ({ batch }) => `Continued in spite of a rule that stopped it${batch ? `, in batch ${batch}` : ''}`,
};

const REASONS: Readonly<Record<string, string>> = {
  user: 'a user asked for it',
  promotion: 'the next batch needs somebody to resume it',
  successPercent: 'too few devices of the batch succeeded',
  abort: 'a rule that stops it was met',
  jobCancelled: 'somebody cancelled its hub job',
  jobRejected: 'the hub refused its job',
  expired: 'its time was over',
};

/** Why it is paused or ended; the code and sentence of a failure stay as they are. */
export const reasonText = (reason: string): string => REASONS[reason] ?? reason;

/** An entry of the history as a sentence. */
export function entryText(entry: Entry): string {
  if (entry.dropped !== undefined) return `${counted(entry.dropped, 'older entry', 'older entries')} not kept`;
  return entry.event ? EVENTS[entry.event](entry) : '';
}

function abortText({ abort }: Entry): string {
  if (!abort) return 'A rule to stop was met';
  const { on, percent, count, action = 'pause' } = abort.criterion;
  const limit = count === undefined ? `${String(percent)} %` : formatNumber(Number(count));
  const states = [on].flat().map((state) => wordsOf(String(state)));
  const { matching, executed } = abort;
  return `Rule to ${String(action)} met: ${formatNumber(matching)} of ${formatNumber(executed)} devices ${states.join(' or ')}, limit ${limit}`;
}
