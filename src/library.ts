/**
 * The agent and the sandbox for programs: loaded when they are first asked for, so that the edge model alone stays light.
 */
import type { Agent, AgentDependencies } from './agent/agent.js';
import type { ConfigurationInput } from './agent/config/schema.js';
import type { SandboxInput, SandboxMode } from './sandbox/options.js';
import type { Sandbox, SandboxDependencies } from './sandbox/sandbox.js';

/**
 * An agent for a configuration as an agent.yaml has it; nothing happens before its `start`.
 * @throws AgentError `ConfigurationInvalid` with everything that is wrong.
 */
export async function createAgent(configuration: ConfigurationInput, dependencies?: AgentDependencies): Promise<Agent> {
  const { agentConfigFrom } = await import('./agent/config/load.js');
  const agent = await import('./agent/agent.js');
  return agent.createAgent(await agentConfigFrom(configuration), dependencies);
}

/**
 * Starts the sandbox's ends, with options as config/sandbox.yaml has them; its SDK devices with `startDevices`.
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
