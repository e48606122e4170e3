import type { AgentConfig } from './config/agent-config.js';
import type { HealthReport } from './ops/health.js';
import { packageVersion } from './version.js';

export interface StatusFacts {
  readonly health: HealthReport;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly requestsInFlight: number;
}

/** What `GET /status` of the admin server answers. Never a secret. */
export function statusReport(config: AgentConfig, facts: StatusFacts): Record<string, unknown> {
  return {
    version: packageVersion(),
    startedAt: new Date(facts.startedMs).toISOString(),
    uptimeSeconds: Math.round((facts.nowMs - facts.startedMs) / 1000),
    ready: facts.health.ready,
    components: facts.health.components,
    thingworx: { url: config.thingworx.address.webSocketUrl, requestsInFlight: facts.requestsInFlight },
    iothubs: config.iothubs.map(({ name, tier, units, address }) => ({ name, tier, units, address })),
    things: config.things,
    residentMemoryBytes: process.memoryUsage.rss(),
  };
}
