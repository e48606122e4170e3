import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Instruments, Labels } from '../../core/instruments.js';
import { METRIC_PREFIX, METRICS, type MetricEntry } from './metric-table.js';

/** Instruments whose values can be read in Prometheus' text format. */
export interface Metrics {
  readonly instruments: Instruments;
  readonly contentType: string;
  text(): Promise<string>;
}

/**
 * Measures over prom-client, in a registry of its own. A name that is not in the table is measured all the same, with
 * the labels of its first use.
 */
export function createMetrics(options: { readonly withProcessMetrics: boolean }): Metrics {
  const registry = new Registry();
  if (options.withProcessMetrics) collectDefaultMetrics({ register: registry });
  const kept = new Map<string, Counter | Gauge | Histogram>();
  const metric = <M extends Counter | Gauge | Histogram>(
    name: string,
    labels: Labels,
    make: new (configuration: never) => M,
  ): M => {
    const known = kept.get(name);
    if (known) return known as M;
    const made = new make(configurationOf(name, labels, registry) as never);
    kept.set(name, made);
    return made;
  };
  return {
    instruments: {
      count: (name, labels = {}, by = 1) => metric(name, labels, Counter).inc(labels, by),
      observe: (name, value, labels = {}) => metric(name, labels, Histogram).observe(labels, value),
      gauge: (name, value, labels = {}) => metric(name, labels, Gauge).set(labels, value),
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

function configurationOf(name: string, labels: Labels, registry: Registry): Record<string, unknown> {
  const entry: MetricEntry | undefined = METRICS[name];
  return {
    name: `${METRIC_PREFIX}${name}`,
    help: entry?.help ?? name,
    labelNames: entry?.labels ?? Object.keys(labels),
    registers: [registry],
    ...(entry?.buckets ? { buckets: entry.buckets } : {}),
  };
}
