import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Instruments, Labels } from '../../core/instruments.js';

/** One metric, as it is exported. */
export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

const counter = (help: string, ...labels: readonly string[]): MetricEntry => ({ type: 'counter', help, labels });
const gauge = (help: string, ...labels: readonly string[]): MetricEntry => ({ type: 'gauge', help, labels });
const seconds = (help: string, ...labels: readonly string[]): MetricEntry => ({
  type: 'histogram',
  help,
  labels,
  buckets: SECONDS,
});

/** Prefix of the names of all metrics. */
export const METRIC_PREFIX = 'twx_iothub_';

/**
 * Every metric, by its name without prefix. Names of Things and ids of jobs are never labels, because each new value
 * would add a series.
 */
export const METRICS: Readonly<Record<string, MetricEntry>> = {
  alwayson_requests_total: counter('Requests of ThingWorx answered, by AlwaysOn status.', 'status'),
  alwayson_request_seconds: seconds('Time from request to response.'),
  alwayson_requests_in_flight: gauge('Requests of ThingWorx in flight.'),
  alwayson_frames_total: counter('AlwaysOn frames.', 'direction'),
  alwayson_bytes_total: counter('Bytes in AlwaysOn frames.', 'direction'),
  alwayson_frames_by_type_total: counter('AlwaysOn frames, by type of their message.', 'direction', 'type'),
  alwayson_bytes_by_type_total: counter('Bytes in AlwaysOn frames, by type of their message.', 'direction', 'type'),
  alwayson_unreadable_frames_total: counter('AlwaysOn frames that could not be decoded.'),
  alwayson_status_total: counter('Status changes of the connection to ThingWorx, by new status.', 'status'),
  alwayson_connected: gauge('1 if a Thing is bound in ThingWorx, otherwise 0.'),
  alwayson_reconnects_total: counter('Times that Things were bound again, by how the connection had ended.', 'cause'),
  service_calls_total: counter('Calls of services, by service and result.', 'service', 'code'),
  service_call_seconds: seconds('Duration of the calls of a service.', 'service'),
  hub_requests_total: counter('Requests to IoT Hubs, by operation and result.', 'operation', 'result'),
  hub_request_seconds: seconds('Duration of a request to an IoT Hub.', 'operation'),
  hub_retries_total: counter('Retried requests to IoT Hubs.'),
  hub_throttle_wait_seconds: seconds("Time that a request waited for the tier's budget.", 'budget'),
  hub_throttles_total: counter('Requests refused for lack of quota, by the agent in advance or by the hub.', 'by'),
  hub_active_jobs: gauge('Jobs of a hub that are scheduled, queued, pending or running.', 'hub'),
  hub_queue_length: gauge("Jobs in the agent's queue that wait until a hub can take them.", 'hub'),
  job_outcomes_total: counter('Watched jobs that have ended, by outcome.', 'hub', 'outcome'),
  watch_jobs: gauge('Jobs that are watched.', 'hub'),
  watch_lag_seconds: gauge('Time from when the last round of the watcher was due to its end.', 'hub'),
  rollouts_open: gauge('Roll-outs of a hub that have not ended.', 'hub'),
  rollout_devices_total: counter('Devices of roll-outs that have entered a state.', 'hub', 'state'),
  rollout_jobs_total: counter('Hub jobs of roll-outs that have ended, by result.', 'hub', 'result'),
  edge_queue_length: gauge('Events, or property values, that wait for ThingWorx.', 'queue'),
  edge_events_dropped_total: counter('Events dropped in favour of newer ones because the queue was full.'),
  edge_property_values_dropped_total: counter(
    'Property values dropped in favour of newer ones because the queue was full.',
  ),
  store_writes_total: counter('Writes to the state store, by result: ok or failed.', 'result'),
  store_write_seconds: seconds('Duration of a write to the state store.'),
  store_request_seconds: seconds('Duration of a request to the state store.', 'operation'),
  store_errors_total: counter('Requests to the state store that failed, by error code.', 'code'),
  cluster_lease_held: gauge('1 if this agent serves the hub, otherwise 0.', 'hub'),
  cluster_agents: gauge('Living agents that share the state.'),
  cluster_takeovers_total: counter('Hubs that this agent has taken over from another one.', 'hub'),
  agent_log_lines_dropped_total: counter('Log lines dropped because the log could not be written.'),
  agent_info: gauge('Always 1; the version is a label.', 'version'),
  agent_component_up: gauge('1 if the component works, otherwise 0.', 'component'),
};

/** Instruments whose values can be read in Prometheus' text format. */
export interface Metrics {
  readonly instruments: Instruments;
  readonly contentType: string;
  text(): Promise<string>;
}

/**
 * Exports through prom-client, in a registry of its own. A metric that is not in the table is exported too, with the
 * labels of its first use.
 */
export function createMetrics(options: { readonly withProcessMetrics: boolean }): Metrics {
  const registry = new Registry();
  if (options.withProcessMetrics) collectDefaultMetrics({ register: registry });
  const kept = new Map<string, Counter | Gauge | Histogram>();
  const metric = <M extends Counter | Gauge | Histogram>(
    name: string,
    labels: Labels,
    create: (configuration: MetricConfiguration) => M,
  ): M => {
    const known = kept.get(name);
    if (known) return known as M;
    const created = create(configurationOf(name, labels, registry));
    kept.set(name, created);
    return created;
  };
  return {
    instruments: {
      count: (name, labels = {}, by = 1) =>
        metric(name, labels, (configuration) => new Counter(configuration)).inc(labels, by),
      observe: (name, value, labels = {}) =>
        metric(name, labels, (configuration) => new Histogram(configuration)).observe(labels, value),
      gauge: (name, value, labels = {}) =>
        metric(name, labels, (configuration) => new Gauge(configuration)).set(labels, value),
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

interface MetricConfiguration {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
  readonly buckets?: number[];
}

function configurationOf(name: string, labels: Labels, registry: Registry): MetricConfiguration {
  const entry: MetricEntry | undefined = METRICS[name];
  return {
    name: `${METRIC_PREFIX}${name}`,
    help: entry?.help ?? name,
    labelNames: [...(entry?.labels ?? Object.keys(labels))],
    registers: [registry],
    ...(entry?.buckets ? { buckets: [...entry.buckets] } : {}),
  };
}
