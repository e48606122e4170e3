/**
 * The library: the edge model, which does not need Azure, and the agent and the sandbox, which are loaded on first use.
 */
export type { ConnectionStatus } from './alwayson/session-types.js';
export { Primitive, type Location } from './alwayson/codec/values-model.js';
export type { BaseType } from './alwayson/codec/base-types.js';
export type { CallContext } from './core/call-context.js';
export type { ErrorCode } from './core/error-codes.js';
export { AgentError, isAgentError } from './core/errors.js';
export type { Log } from './core/log.js';
export {
  type ArgumentsOf,
  type DefinedService,
  defineService,
  type ParameterSpec,
  type ServiceSpec,
} from './edge/define-service.js';
export type {
  DataShapeDefinition,
  DataShapeField,
  EventDefinition,
  JsonValue,
  NativeRow,
  ParameterDefinition,
  PropertyDefinition,
  PushType,
  ResultDefinition,
  Service,
  ServiceDefinition,
  ServiceHandler,
  ServiceParameters,
} from './edge/definitions.js';
export { EdgeClient, type EdgeClientEvents, type EdgeClientOptions, type Entity } from './edge/edge-client.js';
export { thingMetadata } from './edge/metadata.js';
export { EdgeThing, type EdgeThingOptions, type PropertyWriteHandler } from './edge/thing.js';
export { createAgent, startSandbox } from './library.js';
export type { Agent, AgentDependencies } from './agent/agent.js';
export type { ConfigurationInput } from './agent/config/schema.js';
export type { SandboxInput, SandboxMode } from './sandbox/options.js';
export type { Sandbox, SandboxDependencies } from './sandbox/sandbox.js';
