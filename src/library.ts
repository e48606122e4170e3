/**
 * The agent and the sandbox as a library, loaded on first use, so that programs that need only the edge model stay small.
 */
import type { Agent, AgentDependencies } from './agent/agent.js';
import type { ConfigurationInput } from './agent/config/schema.js';
import type { SandboxInput, SandboxMode } from './sandbox/options.js';
import type { Sandbox, SandboxDependencies } from './sandbox/sandbox.js';

/**
 * Creates an agent for a configuration in the form of agent.yaml; it does nothing before `start`.
 * @throws AgentError `ConfigurationInvalid` with all errors.
 */
export async function createAgent(configuration: ConfigurationInput, dependencies?: AgentDependencies): Promise<Agent> {
  const { agentConfigFrom } = await import('./agent/config/load.js');
  const agent = await import('./agent/agent.js');
  return agent.createAgent(await agentConfigFrom(configuration), dependencies);
}

/**
 * Starts the sandbox, with options in the form of config/sandbox.yaml; `startDevices` starts its SDK devices.
 * @throws AgentError `PackageMissing`, `PortInUse`, `StateUnwritable`; ZodError for invalid options.
 */
export async function startSandbox(
  mode: SandboxMode,
  options: SandboxInput = {},
  dependencies?: SandboxDependencies,
): Promise<Sandbox> {
  const { sandboxSchema } = await import('./sandbox/options.js');
  const sandbox = await import('./sandbox/sandbox.js');
  return sandbox.startSandbox(mode, sandboxSchema.parse(options), dependencies);
}
