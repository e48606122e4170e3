import type { Log } from '../core/log.js';
import type { AgentConfig } from './config/agent-config.js';
import { packageVersion } from './version.js';

/** What an operator wants to see first: what was started, and what is not as it should be. */
export function logStart(log: Log, { thingworx, things, iothubs }: AgentConfig, adminUrl: string | undefined): void {
  const { webSocketUrl: url, isSecure } = thingworx.address;
  if (!isSecure) log.warn({ url }, 'ThingWorx is reached without TLS: key and data are sent in the clear');
  const fields = {
    version: packageVersion(),
    url,
    things: things.map(({ name }) => name),
    hubs: iothubs.map(({ name }) => name),
    adminUrl,
  };
  log.info(fields, 'agent started');
}
