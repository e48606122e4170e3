/**
 * The library: Things for ThingWorx, without Azure. The agent itself is the command `twx-iothub`.
 */
export type { ConnectionStatus } from './alwayson/session-types.js';
export { Primitive, type Location } from './alwayson/codec/values-model.js';
export type { BaseType } from './alwayson/codec/base-types.js';
export type { CallContext } from './core/call-context.js';
export type { ErrorCode } from './core/error-codes.js';
export { AgentError, isAgentError } from './core/errors.js';
export type { Log } from './core/log.js';
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
export { EdgeClient, type EdgeClientOptions, type Entity } from './edge/edge-client.js';
export { thingMetadata } from './edge/metadata.js';
export { EdgeThing, type EdgeThingOptions, type PropertyWriteHandler } from './edge/thing.js';
