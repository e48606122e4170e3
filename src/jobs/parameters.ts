/** Parameters that several services share. Every limit of a job parameter is defined here and nowhere else. */
import type { ParameterSpec } from '../edge/define-service.js';
import { MAX_QUERY_CHARACTERS } from '../hub-query/parse.js';

/** In the job services an optional parameter that is an empty text counts as absent. */
export const optional = <const P extends ParameterSpec>(spec: P): P & { readonly emptyTextIsAbsent: true } => ({
  ...spec,
  emptyTextIsAbsent: true,
});

export const required = <const P extends ParameterSpec>(spec: P): P & { readonly isRequired: true } => ({
  ...spec,
  isRequired: true,
});

/** Values that apply where a caller of a schedule service sets none. */
export const DEFAULTS = {
  maxExecutionTimeInSeconds: 3600,
  responseTimeoutInSeconds: 30,
  connectTimeoutInSeconds: 30,
} as const;

/** Maximum size of a JSON parameter: what fits the payload of a direct method, and four times what a twin can hold. */
export const MAX_JSON_BYTES = 128 * 1024;
const MAX_JSON_SIZE = `${MAX_JSON_BYTES / 1024} KiB`;

/** One character of a job id, as a class of a regular expression. */
export const JOB_ID_CHARACTER = '[A-Za-z0-9-]';
export const MAX_JOB_ID_LENGTH = 64;

/** What IoT Hub and the agent accept as the id of a job. */
export const JOB_ID_RULES = {
  pattern: new RegExp(`^${JOB_ID_CHARACTER}{1,${MAX_JOB_ID_LENGTH}}$`),
  form: `1 to ${MAX_JOB_ID_LENGTH} letters, digits and dashes`,
} as const;

const rangeOf = ({ minimum, maximum }: { readonly minimum: number; readonly maximum: number }): string =>
  `${minimum} to ${maximum}`;

export const JOB_ID = required({
  baseType: 'STRING',
  description: `The id of the job: ${JOB_ID_RULES.form}`,
  ...JOB_ID_RULES,
});

export const NEW_JOB_ID = optional({
  baseType: 'STRING',
  description: `The id of the new job: ${JOB_ID_RULES.form}; generated if omitted. Repeating a call with the same id creates only one job`,
  ...JOB_ID_RULES,
});

const METHOD_NAME_LENGTH = { minLength: 1, maxLength: 100 } as const;

export const METHOD_NAME = required({
  baseType: 'STRING',
  description: `The direct method to call: ${METHOD_NAME_LENGTH.minLength} to ${METHOD_NAME_LENGTH.maxLength} characters`,
  ...METHOD_NAME_LENGTH,
});

/** The method of a job or roll-out, which may be one of modules. */
export const JOB_METHOD_NAME = {
  ...METHOD_NAME,
  description: `${METHOD_NAME.description}; module::method for a method of the modules with that id`,
} as const;

export const PATCH = required({
  baseType: 'JSON',
  description: `What to change in the twins: an object of at most ${MAX_JSON_SIZE} with tags and/or properties.desired; null removes a value or clears a section`,
});

export const PAYLOAD = optional({
  baseType: 'JSON',
  description: `The payload of the method: a JSON value of at most ${MAX_JSON_SIZE}; {"array": [...]} is sent as the list in it. For other values that are not objects, or whole numbers beyond 2^53, use payloadText`,
});

export const PAYLOAD_TEXT = optional({
  baseType: 'STRING',
  description: `The payload written as JSON text of at most ${MAX_JSON_SIZE}, sent byte for byte; pass at most one of payload and payloadText`,
});

export const QUERY_CONDITION = optional({
  baseType: 'STRING',
  description:
    "The devices that the job targets: the part of a query after WHERE, for example tags.site = 'Lyon'; * or omitted for all devices; FROM devices.modules WHERE ... for modules",
  maxLength: MAX_QUERY_CHARACTERS,
  isCondition: true,
});

export const QUERY = required({
  baseType: 'STRING',
  description: 'A query for job results: SELECT * FROM devices.jobs WHERE ...',
  maxLength: MAX_QUERY_CHARACTERS,
});

const RESPONSE_TIMEOUT_RANGE = { minimum: 5, maximum: 300 } as const;

export const RESPONSE_TIMEOUT = optional({
  baseType: 'INTEGER',
  description: `How long to wait for the response of a device: ${rangeOf(RESPONSE_TIMEOUT_RANGE)}, default ${DEFAULTS.responseTimeoutInSeconds}`,
  ...RESPONSE_TIMEOUT_RANGE,
  aspects: { units: 's' },
});

const CONNECT_TIMEOUT_RANGE = { minimum: 0, maximum: 300 } as const;

export const CONNECT_TIMEOUT = optional({
  baseType: 'INTEGER',
  description: `How long to wait for an offline device to connect: ${rangeOf(CONNECT_TIMEOUT_RANGE)}, default ${DEFAULTS.connectTimeoutInSeconds} unless the agent is configured otherwise; with 0 the job waits until its maximum execution time`,
  ...CONNECT_TIMEOUT_RANGE,
  aspects: { units: 's' },
});

export const START_TIME = optional({
  baseType: 'DATETIME',
  description: 'When the job starts; now if omitted or in the past',
});

export const MAX_EXECUTION_TIME = optional({
  baseType: 'INTEGER',
  description: `How long the job may run: at least 1, default ${DEFAULTS.maxExecutionTimeInSeconds}`,
  minimum: 1,
  aspects: { units: 's' },
});

export const QUEUE = optional({
  baseType: 'BOOLEAN',
  description:
    'Whether the job waits in the queue of the agent while the hub has no place for it; by default as the agent is configured (services.queueJobs)',
});

export const MAX_ITEMS = optional({
  baseType: 'INTEGER',
  description: 'Maximum number of rows, at least 1; all if omitted',
  minimum: 1,
});
