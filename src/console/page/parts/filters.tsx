import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useEffect, useId, useState } from 'preact/hooks';
import type { Hub, List } from '../../api/types.js';
import { withQuery } from '../format/links.js';
import { wordsOf } from '../format/states.js';
import { sleep } from '../live/sleep.js';
import { useConsole, useResource } from './console-context.js';

/** The filters of a page live in its address, so that they survive a reload and can be sent to others. */
export function useFilters(): {
  filters: Readonly<Record<string, string>>;
  setFilter: (name: string, value: string) => void;
} {
  const { path, query, route } = useLocation();
  return {
    filters: query,
    setFilter: (name, value) => {
      if ((query[name] ?? '') !== value) route(withQuery(path, { ...query, [name]: value }), true);
    },
  };
}

/** The hubs of the agent; empty until they are known. */
export function useHubs(): readonly Hub[] {
  const { api } = useConsole();
  const hubs = useResource<List<Hub>>({
    key: 'hubs',
    load: (signal) => api.get('hubs', {}, signal),
    onChange: (change, value) => (change.name === 'hub' && value ? withHub(value, change.data.state) : undefined),
  });
  return hubs.value.value?.items ?? [];
}

/** A change has the last step of each budget only; the page knows the others. */
export function withHub(list: List<Hub>, hub: Hub): List<Hub> {
  return { ...list, items: list.items.map((known) => (known.name === hub.name ? mergedHub(known, hub) : known)) };
}

const BUDGET_STEPS_MS = 15 * 60_000;

function mergedHub(known: Hub, newer: Hub): Hub {
  type Budget = Hub['budgets']['queries'];
  const merged = (before: Budget, after: Budget): Budget => {
    const first = after.points[0]?.time;
    const older = first === undefined ? before.points : before.points.filter(({ time }) => time < first);
    const points = [...older, ...after.points];
    const sinceMs = Date.parse(points.at(-1)?.time ?? '') - BUDGET_STEPS_MS;
    return { ...after, points: points.filter(({ time }) => Date.parse(time) > sinceMs) };
  };
  const { jobOperations, queries } = known.budgets;
  return {
    ...newer,
    budgets: {
      jobOperations: merged(jobOperations, newer.budgets.jobOperations),
      queries: merged(queries, newer.budgets.queries),
    },
  };
}

export interface SelectFilterProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly choices: readonly string[];
  readonly all: string;
  readonly onValue: (value: string) => void;
  /** The words of a choice; those of a state by default. */
  readonly textOf?: (choice: string) => string;
}

export function SelectFilter({ label, value = '', choices, all, onValue, textOf = wordsOf }: SelectFilterProps): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        <option value="">{all}</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {textOf(choice)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Only shown where there is a choice. */
export function HubFilter(props: {
  readonly value: string | undefined;
  readonly onValue: (hub: string) => void;
}): VNode | null {
  const hubs = useHubs();
  if (hubs.length < 2) return null;
  return (
    <SelectFilter
      {...props}
      label="Hub"
      all="All hubs"
      choices={hubs.map(({ name }) => name)}
      textOf={(name) => name}
    />
  );
}

export interface TextFilterProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onValue: (value: string) => void;
}

const TYPING_PAUSE_MS = 350;

/** A text that takes effect a moment after the last key. */
export function TextFilter({ label, value = '', onValue }: TextFilterProps): VNode {
  const id = useId();
  const [text, setText] = useState(value);
  useEffect(() => {
    const typing = new AbortController();
    void sleep(TYPING_PAUSE_MS, typing.signal).then(() => {
      if (!typing.signal.aborted) onValue(text.trim());
    });
    return () => typing.abort();
  }, [text]);
  return (
    <div class="field is-wide">
      <label for={id}>{label}</label>
      <input id={id} type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
    </div>
  );
}
