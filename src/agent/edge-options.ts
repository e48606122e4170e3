import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import { readTextFile } from '../core/regular-file.js';
import type { EdgeClientOptions } from '../edge/edge-client.js';
import type { AgentConfig } from './config/agent-config.js';

/** The connection to ThingWorx as the configuration wants it; reads the certificates it names. */
export async function edgeOptions(config: AgentConfig, log: Log, instruments: Instruments): Promise<EdgeClientOptions> {
  const { thingworx, services } = config;
  return {
    url: thingworx.address.webSocketUrl,
    appKey: thingworx.appKey,
    allowInsecure: thingworx.allowInsecure,
    compression: thingworx.compression,
    maxFrameBytes: thingworx.maxFrameBytes,
    maxMessageBytes: thingworx.maxMessageBytes,
    maxRequestsInFlight: thingworx.maxRequestsInFlight,
    pingIntervalMs: thingworx.pingIntervalSeconds * 1000,
    pongTimeoutMs: thingworx.pongTimeoutSeconds * 1000,
    serviceTimeoutMs: services.timeoutSeconds * 1000,
    log,
    instruments,
    ...(thingworx.gateway ? { gateway: thingworx.gateway } : {}),
    ...(thingworx.proxy === undefined ? {} : { proxy: thingworx.proxy }),
    ...(await pem('ca', thingworx.caFile)),
    ...(await pem('clientCertificate', thingworx.clientCertificateFile)),
    ...(await pem('clientKey', thingworx.clientKeyFile)),
  };
}

async function pem<Name extends string>(name: Name, file: string | undefined): Promise<Partial<Record<Name, string>>> {
  if (file === undefined) return {};
  return { [name]: await readTextFile(file) } as Record<Name, string>;
}
