import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Agent } from '../agent/agent.js';
import type { LogOutput } from '../agent/ops/log-output.js';
import type { ConfigurationInput } from '../agent/config/schema.js';
import { isAgentError } from '../core/errors.js';
import type { SandboxOptions } from '../sandbox/options.js';
import type { Sandbox } from '../sandbox/sandbox.js';

/** The wrapper description whose services the sandbox's agent offers. */
const WRAPPERS = join(__dirname, '../../wrappers/device-maintenance.yaml');

const DEFAULT_ADMIN_PORT = 9009;

export interface SandboxAgentOptions {
  readonly options: SandboxOptions;
  readonly consoleKey: string;
  readonly sink: LogOutput;
}

/** The key of `--console-key`, or a new one. */
export function consoleKeyOf({ consoleKey }: SandboxOptions): string {
  return consoleKey ?? randomBytes(24).toString('base64url');
}

/**
 * Starts the agent between the two ends of a sandbox, in this process; resolves once its Thing is bound. It is the
 * same agent that `run` starts, with a configuration that an operator could write.
 */
export async function startSandboxAgent(sandbox: Sandbox, settings: SandboxAgentOptions): Promise<Agent> {
  const { adminPort } = settings.options;
  try {
    return await startAgent(sandbox, settings, adminPort ?? DEFAULT_ADMIN_PORT);
  } catch (error) {
    if (adminPort !== undefined || !isAgentError(error, 'PortInUse')) throw error;
    return await startAgent(sandbox, settings, 0);
  }
}

async function startAgent(sandbox: Sandbox, settings: SandboxAgentOptions, adminPort: number): Promise<Agent> {
  const { createAgent } = await import('../agent/agent.js');
  const { agentConfigFrom } = await import('../agent/config/load.js');
  const { createLogger } = await import('../agent/ops/logger.js');
  const { secretsOf } = await import('../agent/secrets.js');
  const config = await agentConfigFrom(configurationFor(sandbox, settings, adminPort));
  const log = createLogger({ level: config.log.level, secrets: secretsOf(config), sink: settings.sink });
  const agent = createAgent(config, { log });
  await agent.start();
  await agent.whenBound();
  return agent;
}

function configurationFor(
  { info, directory }: Sandbox,
  { options, consoleKey }: SandboxAgentOptions,
  adminPort: number,
): ConfigurationInput {
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
    admin: { port: adminPort },
    console: { key: consoleKey },
    // At level warn, each start would report that the connection has no TLS.
    log: { level: 'error' },
    ...(options.databaseUrl === undefined
      ? { stateDir: join(directory, 'agent') }
      : { database: { url: options.databaseUrl } }),
  };
}
