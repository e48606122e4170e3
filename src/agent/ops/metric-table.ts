/** One measurement, as it is exported. */
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

/** Prefix of all our metrics. */
export const METRIC_PREFIX = 'twx_iothub_';

/** Every measurement of the rooms, without prefix. Names of Things and ids of jobs are never labels. */
export const METRICS: Readonly<Record<string, MetricEntry>> = {
  alwayson_requests_total: counter('Requests of ThingWorx answered, by AlwaysOn status.', 'status'),
  alwayson_request_seconds: seconds('Time from request to answer.'),
  alwayson_requests_in_flight: gauge('Requests of ThingWorx that are open.'),
  alwayson_frames_total: counter('AlwaysOn frames.', 'direction'),
  alwayson_bytes_total: counter('Bytes in AlwaysOn frames.', 'direction'),
  alwayson_unreadable_frames_total: counter('AlwaysOn frames that could not be read.'),
  alwayson_status_total: counter('Changes of the connection to ThingWorx, by what it became.', 'status'),
  hub_requests_total: counter('Requests to IoT Hubs, by operation and result.', 'operation', 'result'),
  hub_request_seconds: seconds('Time of a request to an IoT Hub.', 'operation'),
  hub_retries_total: counter('Requests to IoT Hubs that were repeated.'),
  hub_throttle_wait_seconds: seconds("Time that a request waited for the tier's budget.", 'budget'),
  hub_active_jobs: gauge('Jobs of a hub that are scheduled, queued, pending or running.', 'hub'),
  edge_events_dropped_total: counter('Events that had to make room for newer ones.'),
  edge_property_values_dropped_total: counter('Property values that had to make room for newer ones.'),
  store_writes_total: counter('Writes of the state, by result: ok or failed.', 'result'),
  agent_log_lines_dropped_total: counter('Log lines dropped because the log could not be written.'),
  agent_info: gauge('1; the version is a label.', 'version'),
  agent_component_up: gauge('1 when the component is in order, else 0.', 'component'),
};
