/**
 * The notation of a wrapper description (docs/wrappers.md), as one schema: the types, the checks of single values and
 * config/wrappers.schema.json are derived from it. Rules between values are in rules/.
 */
import { z } from 'zod';
import {
  CONNECT_TIMEOUT,
  MAX_EXECUTION_TIME,
  METHOD_NAME,
  QUERY_CONDITION,
  RESPONSE_TIMEOUT,
} from '../jobs/parameters.js';
import { JOB_OPTIONS } from './definition.js';
import { INTEGER_RANGE, PARAMETER_BASE_TYPES } from './parameter-types.js';
import {
  problemWithEntityName,
  problemWithFieldName,
  problemWithParameterName,
  problemWithServiceName,
} from './rules/names.js';
import { rolloutSchema } from './rollout-schema.js';
import { isHoldableInXml } from './entities/xml.js';

/** The limits of a description. */
export const LIMITS = {
  services: 2000,
  parameters: 100,
  dataShapes: 500,
  fields: 200,
  constants: 100,
  enumValues: 200,
  textLength: 2000,
} as const;

type NameRule = (name: string) => string | undefined;

const checked = (rule: NameRule): z.ZodString =>
  z.string().superRefine((text, context) => {
    const message = rule(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const problemWithText: NameRule = (text) => {
  if (text.length > LIMITS.textLength) return `must have at most ${LIMITS.textLength} characters`;
  return isHoldableInXml(text) ? undefined : 'contains a character that XML does not allow';
};

const text = checked(problemWithText);

const version = z.string().regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}$/, { error: 'must be three numbers: major.minor.patch' });

const problemWithBundleName: NameRule = (name) => {
  if (!/^[A-Za-z0-9.-]+$/.test(name)) return 'must contain only letters, digits, dots and dashes';
  if (name.length > 100) return 'must have at most 100 characters';
  return problemWithEntityName(name);
};

const problemWithHubThing: NameRule = (name) => {
  if (name === '' || name.length > 255) return 'must have 1 to 255 characters';
  if (/[+/:*"<>]|^\s|\s$|\s\s|\p{C}/u.test(name)) return 'is not a valid Thing name';
  return undefined;
};

export const fieldSchema = z.strictObject({
  name: checked(problemWithFieldName),
  baseType: z.enum(PARAMETER_BASE_TYPES),
  description: text.optional(),
  isPrimaryKey: z.boolean().optional().describe('Part of the key of the shape.'),
  dataShape: z.string().optional().describe('For INFOTABLE: a data shape of this file.'),
});

export const dataShapeSchema = z.strictObject({
  name: checked(problemWithEntityName),
  description: text.optional(),
  fields: z.array(fieldSchema).min(1).max(LIMITS.fields),
});

export const parameterSchema = z.strictObject({
  name: checked(problemWithParameterName).describe('Name in ThingWorx.'),
  baseType: z.enum(PARAMETER_BASE_TYPES),
  description: text.optional(),
  required: z.boolean().optional().describe('Default: false.'),
  default: z.unknown().optional().describe('Value if the parameter is absent.'),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.int().min(0).max(100_000).optional(),
  maxLength: z.int().min(0).max(100_000).optional(),
  pattern: z
    .string()
    .optional()
    .describe('A regular expression of ECMAScript 5; matches anywhere in the text unless anchored.'),
  enum: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .max(LIMITS.enumValues)
    .optional(),
  dataShape: z.string().optional().describe('For INFOTABLE: a data shape of this file.'),
  payloadPath: z
    .string()
    .optional()
    .describe('JSON Pointer to its place in the payload; default /<name>. Empty: it is the whole payload.'),
});

export const jobSchema = z.strictObject({
  queryCondition: z
    .string()
    .max(QUERY_CONDITION.maxLength)
    .optional()
    .describe('May contain placeholders: {name of a parameter}.'),
  startTime: z.string().optional().describe('ISO 8601 with a time zone.'),
  maxExecutionTimeInSeconds: z.int().min(MAX_EXECUTION_TIME.minimum).max(INTEGER_RANGE.maximum).optional(),
  connectTimeoutInSeconds: z.int().min(CONNECT_TIMEOUT.minimum).max(CONNECT_TIMEOUT.maximum).optional(),
  responseTimeoutInSeconds: z.int().min(RESPONSE_TIMEOUT.minimum).max(RESPONSE_TIMEOUT.maximum).optional(),
  queue: z.boolean().optional().describe('Whether the job waits in the queue of the agent while the hub has no place.'),
  callerMaySet: z.array(z.enum(JOB_OPTIONS)).max(JOB_OPTIONS.length).optional(),
});

export const serviceSchema = z.strictObject({
  name: checked(problemWithServiceName).describe('Name of the service in ThingWorx.'),
  kind: z.enum(['deviceMethod', 'twinUpdate']),
  methodName: z
    .string()
    .min(METHOD_NAME.minLength)
    .max(METHOD_NAME.maxLength)
    .optional()
    .describe("Default: the service's name. module::method for modules."),
  description: text.optional(),
  category: text.optional(),
  parameters: z.array(parameterSchema).max(LIMITS.parameters).optional(),
  constants: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Values by JSON Pointer that every payload contains.'),
  job: jobSchema.optional(),
  rollout: rolloutSchema
    .optional()
    .describe('Instead of job: the service starts a roll-out. The keys are parameters of StartRollout.'),
});

export const bundleSchema = z.strictObject({
  name: checked(problemWithBundleName).describe('Name of the extension and of the project.'),
  version,
  vendor: text.optional().describe('Default: the name.'),
  description: text.optional(),
  hubThing: checked(problemWithHubThing)
    .optional()
    .describe('Thing whose services are called; default AzureIotHub. "me": the Thing that implements the shape.'),
  minimumThingWorxVersion: version.optional().describe('Default: 9.0.0.'),
});

export const descriptionSchema = z.strictObject({
  bundle: bundleSchema,
  dataShapes: z.array(dataShapeSchema).max(LIMITS.dataShapes).optional(),
  services: z.array(serviceSchema).min(1).max(LIMITS.services),
});

export type RawField = z.output<typeof fieldSchema>;
export type RawDataShape = z.output<typeof dataShapeSchema>;
export type RawParameter = z.output<typeof parameterSchema>;
export type RawService = z.output<typeof serviceSchema>;
export type RawDescription = z.output<typeof descriptionSchema>;

/** The JSON Schema of the notation, for editors: the text of config/wrappers.schema.json. */
export function descriptionJsonSchema(): string {
  const schema = z.toJSONSchema(descriptionSchema, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify(withTitle(schema), undefined, 2)}\n`;
}

/** Top-level keys that begin with `x-` may hold anchors. */
const withTitle = (schema: object): object => ({
  title: 'Wrapper services of thingworx-iothub-agent',
  ...schema,
  patternProperties: { '^x-': {} },
});
