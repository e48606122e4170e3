import { type CallContext, remainingMs } from '../core/call-context.js';
import type {
  DataShapeDefinition,
  JsonValue,
  ParameterDefinition,
  Service,
  ServiceDefinition,
  ServiceParameters,
} from '../edge/definitions.js';
import type { JobOperations } from '../jobs/operations.js';
import { startPart } from '../jobs/sub-call.js';
import type { WrapperDescription, WrapperField, WrapperParameter, WrapperService } from './definition.js';
import { packageCall } from './payload.js';

/** What the wrappers need of the job operations; their guards hold for wrappers too. */
export type WrapperOperations = Pick<JobOperations, 'scheduleDeviceMethod' | 'scheduleTwinUpdate'>;

export interface WrapperServicesOptions {
  /** `services.timeoutSeconds` in milliseconds; 25,000 when absent. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 25_000;

/** The services of one description, with what runs them. */
export const wrapperServices = (
  description: WrapperDescription,
  operations: WrapperOperations,
  options: WrapperServicesOptions = {},
): Service[] =>
  description.services.map((service) => ({
    definition: serviceDefinition(service, description),
    handler: async (context, parameters) => {
      const part = startPart(context, {
        maxMs: Math.min(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, remainingMs(context)),
      });
      try {
        return await schedule(service, operations, part, parameters);
      } finally {
        part.dispose();
      }
    },
  }));

function schedule(
  service: WrapperService,
  operations: WrapperOperations,
  context: CallContext,
  parameters: ServiceParameters,
): Promise<string> {
  const { payload, options } = packageCall(service, parameters);
  const { startTime, ...rest } = options;
  // The rules of the options made each of the type that the operation declares.
  const given = { ...rest, ...(startTime === undefined ? {} : { startTime: new Date(startTime as string) }) } as object;
  if (service.kind === 'twinUpdate') return operations.scheduleTwinUpdate(context, { ...given, patch: payload });
  return operations.scheduleDeviceMethod(context, { ...given, methodName: service.methodName, payload });
}

function serviceDefinition(service: WrapperService, description: WrapperDescription): ServiceDefinition {
  return {
    name: service.name,
    description: service.description,
    ...(service.category === '' ? {} : { category: service.category }),
    parameters: service.parameters.map((parameter) => parameterDefinition(parameter, description)),
    result: { baseType: 'STRING', description: 'the job id' },
  };
}

/** LONG is offered as NUMBER: how the platform writes LONG on the wire is not certain. */
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
