import { join } from 'node:path';
import type { Agent } from '../agent/agent.js';
import type { LogOutput } from '../agent/ops/log-output.js';
import type { ConfigurationInput } from '../agent/config/schema.js';
import type { SandboxOptions } from '../sandbox/options.js';
import type { Sandbox } from '../sandbox/sandbox.js';

/** The wrapper description whose services the sandbox's agent offers. */
const WRAPPERS = join(__dirname, '../../wrappers/device-maintenance.yaml');

/**
 * Starts the agent between the two ends of a sandbox, in this process; resolves once its Thing is bound. It is the
 * same agent that `run` starts, with a configuration that an operator could write.
 */
export async function startSandboxAgent(sandbox: Sandbox, options: SandboxOptions, sink: LogOutput): Promise<Agent> {
  const { createAgent } = await import('../agent/agent.js');
  const { agentConfigFrom } = await import('../agent/config/load.js');
  const { createLogger } = await import('../agent/ops/logger.js');
  const { secretsOf } = await import('../agent/secrets.js');
  const config = await agentConfigFrom(configurationFor(sandbox, options));
  const log = createLogger({ level: config.log.level, secrets: secretsOf(config), sink });
  const agent = createAgent(config, { log });
  await agent.start();
  await agent.whenBound();
  return agent;
}

function configurationFor({ info, directory }: Sandbox, options: SandboxOptions): ConfigurationInput {
  const { thingworx, iothub } = info;
  if (!thingworx || !iothub) throw new TypeError('the agent needs both ends');
  return {
    thingworx: {
      url: thingworx.wsUrl,
      appKey: thingworx.appKey,
      allowInsecure: !options.thingworx.tls,
      ...(options.thingworx.tls ? { caFile: iothub.caFile } : {}),
      compression: options.thingworx.compression,
    },
    iothubs: {
      sandbox: {
        connectionString: iothub.connectionString,
        address: iothub.address,
        caFile: iothub.caFile,
        tier: options.tier,
        units: options.units,
      },
    },
    things: [{ name: thingworx.thing }],
    wrappers: [WRAPPERS],
    admin: { port: 0 },
    // At level warn, each start would report that the connection has no TLS.
    log: { level: 'error' },
    stateDir: join(directory, 'agent'),
  };
}
