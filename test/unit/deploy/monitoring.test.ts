import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { createMetrics, METRIC_PREFIX, METRICS, type MetricEntry } from '../../../src/agent/ops/prometheus.js';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

const read = (file: string): string => readFileSync(join('deploy/monitoring', file), 'utf8');
const { groups } = parse(read('prometheus-alerts.yaml')) as { groups: readonly { readonly rules: readonly Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const panels = (JSON.parse(read('grafana-dashboard.json')) as Dashboard).panels;
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Labels that Prometheus adds to every series. */
const SCRAPED = ['instance', 'job'];

function entryOf(name: string): MetricEntry | undefined {
  const bare = name.replace(METRIC_PREFIX, '');
  const histogram = METRICS[bare.replace(/_(?:bucket|sum|count)$/, '')];
  if (histogram?.type === 'histogram') return { ...histogram, labels: [...histogram.labels, 'le'] };
  return METRICS[bare];
}

/** What is wrong with the metrics and labels that an expression names. */
function faultsOf(expr: string): string[] {
  const selectors = [...expr.matchAll(/(twx_iothub_\w+)(?:\{([^}]*)\})?/g)];
  const entries = selectors.map(([, name = '']) => entryOf(name));
  const unknown = selectors.filter((_selector, index) => !entries[index]).map(([, name]) => `no metric ${name}`);
  const matched = selectors.flatMap(([, name = '', matchers = ''], index) =>
    [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].flatMap(([, label = '']) =>
      [...(entries[index]?.labels ?? []), ...SCRAPED].includes(label) ? [] : [`${name} has no label ${label}`],
    ),
  );
  const known = new Set([...entries.flatMap((entry) => entry?.labels ?? []), ...SCRAPED]);
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((l) => l.trim()),
  );
  return [...unknown, ...matched, ...grouped.filter((label) => !known.has(label)).map((label) => `no label ${label}`)];
}

describe('the monitoring files', () => {
  it('name only metrics that exist, with labels that they have', () => {
    expect([...expressions, ...alerts.map(({ expr }) => expr)].flatMap(faultsOf)).toEqual([]);
  });

  it('name only process metrics that are exported', async () => {
    const text = await createMetrics({ withProcessMetrics: true }).text();
    const named = expressions.flatMap((expr) => expr.match(/\b(?:process|nodejs)_\w+/g) ?? []);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
  });

  it('show every metric on the dashboard, apart from totals that it shows by type', () => {
    const shown = new Set(expressions.flatMap((expr) => expr.match(/twx_iothub_\w+/g) ?? []).map(entryOf));
    const names = Object.keys(METRICS).filter(
      (name) => ![...shown].some((entry) => entry?.help === METRICS[name]?.help),
    );
    expect(names).toEqual(['alwayson_frames_total', 'alwayson_bytes_total', 'alwayson_frames_by_type_total']);
  });

  it('have alerts with a severity, a summary and what to do, each under a name of its own', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { labels, annotations } of alerts) {
      expect(['warning', 'critical']).toContain(labels.severity);
      // An alert is about an agent, or about a hub that no agent serves well.
      expect(annotations.summary).toMatch(/\{\{ \$labels\.(?:instance|hub) \}\}/);
      expect(annotations.description.length).toBeGreaterThan(40);
    }
  });

  it('use labels in summaries that the expression keeps', () => {
    const lost = alerts.flatMap(({ alert, expr, annotations }) => {
      const labels = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      return labels
        .filter((label) => label !== 'instance' && !expr.includes(label) && !hasLabel(expr, label))
        .map((label) => `${alert}: ${label}`);
    });
    expect(lost).toEqual([]);
  });
});

const hasLabel = (expr: string, label: string): boolean =>
  (expr.match(/twx_iothub_\w+/g) ?? []).some((name) => entryOf(name)?.labels.includes(label) === true);
