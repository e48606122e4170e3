import type { CallContext } from '../core/call-context.js';
import { stringifyJson } from '../core/exact-json.js';
import type {
  DataShapeDefinition,
  JsonValue,
  ParameterDefinition,
  Service,
  ServiceDefinition,
  ServiceParameters,
} from '../edge/definitions.js';
import type { JobService } from '../jobs/services/job-service.js';
import { scheduleDeviceMethodJobService } from '../jobs/services/schedule-device-method-job.js';
import { scheduleTwinUpdateJobService } from '../jobs/services/schedule-twin-update-job.js';
import type { RolloutService } from '../rollouts/services/rollout-service.js';
import { startRolloutService } from '../rollouts/services/start-rollout.js';
import { resultOf, type WrapperDescription, type WrapperField, type WrapperParameter } from './definition.js';
import type { WrapperService } from './definition.js';
import { packageCall } from './payload.js';
import { type LoadedDescription, assertNone, loadDescriptions, repeatedNames } from './read-descriptions.js';

/** Calls a service of the hub Thing with native values, so that its checks and guards also apply to wrappers. */
type CallOf<HubService> = (context: CallContext, service: HubService, values: ServiceParameters) => Promise<unknown>;

/** How wrappers call the services for jobs and those for roll-outs. */
export interface HubCalls {
  readonly job: CallOf<JobService>;
  readonly rollout: CallOf<RolloutService>;
}

/** Creates the services of one description. */
export const descriptionServices = (description: WrapperDescription, calls: HubCalls): Service[] =>
  description.services.map((service) => ({
    definition: serviceDefinition(service, description),
    handler: (context, parameters) => start(service, calls, context, parameters),
  }));

function start(
  service: WrapperService,
  calls: HubCalls,
  context: CallContext,
  parameters: ServiceParameters,
): Promise<unknown> {
  const { payload, options } = packageCall(service, parameters);
  if (service.kind === 'twinUpdate') {
    const values = { ...options, patch: payload };
    return service.starts === 'rollout'
      ? calls.rollout(context, startRolloutService, values)
      : calls.job(context, scheduleTwinUpdateJobService, values);
  }
  // Text preserves the payload: an object with only a list named array, for example, would otherwise become that list.
  const values = { ...options, methodName: service.methodName, payloadText: stringifyJson(payload) };
  return service.starts === 'rollout'
    ? calls.rollout(context, startRolloutService, values)
    : calls.job(context, scheduleDeviceMethodJobService, values);
}

function serviceDefinition(service: WrapperService, description: WrapperDescription): ServiceDefinition {
  return {
    name: service.name,
    description: service.description,
    ...(service.category === '' ? {} : { category: service.category }),
    parameters: service.parameters.map((parameter) => parameterDefinition(parameter, description)),
    result: { baseType: 'STRING', description: resultOf(service) },
    creates: service.starts,
  };
}

/** LONG is offered as NUMBER, because it is not certain how the platform encodes LONG. */
const offeredBaseType = ({ baseType }: WrapperParameter | WrapperField): ParameterDefinition['baseType'] =>
  baseType === 'LONG' ? 'NUMBER' : baseType;

function parameterDefinition(parameter: WrapperParameter, description: WrapperDescription): ParameterDefinition {
  const { name, rule, required, defaultValue, dataShapeName, target } = parameter;
  const dataShape = description.dataShapes.find((shape) => shape.name === dataShapeName);
  const scalarDefault = typeof defaultValue === 'object' ? undefined : defaultValue;
  const aspects: Record<string, JsonValue | undefined> = {
    defaultValue: scalarDefault,
    minimumValue: rule.minimum,
    maximumValue: rule.maximum,
  };
  const given = Object.entries(aspects).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return {
    name,
    baseType: offeredBaseType(parameter),
    description: parameter.description,
    ...(required && defaultValue === undefined ? { isRequired: true } : {}),
    ...(target.kind === 'option' ? { emptyTextIsAbsent: true } : {}),
    ...(dataShape ? { dataShape: shapeDefinition(dataShape) } : {}),
    ...(given.length > 0 ? { aspects: Object.fromEntries(given) } : {}),
  };
}

const shapeDefinition = (shape: WrapperDescription['dataShapes'][number]): DataShapeDefinition => ({
  name: shape.name,
  description: shape.description,
  fields: shape.fields.map((field) => ({ ...field, baseType: offeredBaseType(field) })),
});

/**
 * Reads descriptions and creates a remote service for each of their services, with the same checks and payload bytes as the
 * generated script but without an import into ThingWorx.
 * @throws AgentError `DocumentUnreadable`, or `WrapperInvalid` with every error of every file.
 */
export async function loadWrapperServices(files: readonly string[], calls: HubCalls): Promise<Service[]> {
  return (await loadDistinct(files)).flatMap(({ description }) => descriptionServices(description, calls));
}

/** All services are on one Thing, so names must be unique across files. */
async function loadDistinct(files: readonly string[]): Promise<LoadedDescription[]> {
  const loaded = await loadDescriptions(files);
  const names = loaded.flatMap(({ document, description }) =>
    description.services.map(({ name }, index) => ({ document, path: ['services', index, 'name'], name })),
  );
  assertNone(repeatedNames(names));
  return loaded;
}
