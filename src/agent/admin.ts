import type { AgentView } from '../console/agent-view.js';
import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { AgentConfig } from './config/agent-config.js';
import type { AdminFacts } from './ops/admin-routes.js';
import type { AdminServer } from './ops/admin-server.js';
import type { HealthReport } from './ops/health.js';
import type { Logger } from './ops/logger.js';
import type { Metrics } from './ops/prometheus.js';

export interface AdminOptions extends Omit<AdminFacts, 'metrics'> {
  /** The configuration that is in force. */
  readonly config: () => AgentConfig;
  readonly view: AgentView;
  readonly clock: Clock;
  readonly log: Logger;
  readonly instruments: Instruments;
  readonly metrics: Metrics;
}

/** Starts the admin server with the console; undefined if it is switched off. @throws AgentError as `startAdminServer`. */
export async function startAdmin(options: AdminOptions): Promise<AdminServer | undefined> {
  const { admin, console: page } = options.config();
  const { enabled, host, port } = admin;
  if (!enabled) return undefined;
  const { config, view, clock, log, instruments, metrics, health } = options;
  const { startAdminServer } = await import('./ops/admin-server.js');
  const { openConsole } = await import('./console.js');
  const droppedLines = (): number => log.output?.droppedLines ?? 0;
  return await startAdminServer({
    ...options,
    host,
    port,
    publicUrl: page.publicUrl,
    console: await openConsole({ config, view, clock, log, instruments }),
    metrics: metricsWithStatus({ metrics, instruments, health, droppedLines }),
  });
}

interface MeasuredStatus {
  readonly metrics: Metrics;
  readonly instruments: Instruments;
  readonly health: () => HealthReport;
  /** Log lines dropped since the start. */
  readonly droppedLines: () => number;
}

/** The metrics, with those that are measured when they are read. */
function metricsWithStatus(facts: MeasuredStatus): Pick<Metrics, 'contentType' | 'text'> {
  const { metrics, instruments, health, droppedLines } = facts;
  let countedDrops = 0;
  return {
    contentType: metrics.contentType,
    text() {
      const dropped = droppedLines();
      instruments.count('agent_log_lines_dropped_total', {}, dropped - countedDrops);
      countedDrops = dropped;
      for (const [component, { status }] of Object.entries(health().components)) {
        const isUp = status === 'ok' || status === 'degraded';
        instruments.gauge('agent_component_up', isUp ? 1 : 0, { component });
      }
      return metrics.text();
    },
  };
}
