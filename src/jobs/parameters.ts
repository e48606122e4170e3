/** Parameters that several services share, with their bounds: the only place where these stand. */
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

/** What an id of a job must be, for IoT Hub and for the agent. */
export const JOB_ID_RULES = { pattern: /^[A-Za-z0-9-]{1,64}$/, form: '1 to 64 letters, digits and dashes' } as const;

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

export const METHOD_NAME = required({
  baseType: 'STRING',
  description: 'The direct method to call: 1 to 100 characters',
  minLength: 1,
  maxLength: 100,
});

export const PATCH = required({
  baseType: 'JSON',
  description:
    'What to change in the twins: an object of at most 128 KiB with tags and/or properties.desired; null removes a value or clears a section',
});

export const PAYLOAD = optional({
  baseType: 'JSON',
  description:
    'The payload of the method: a JSON value of at most 128 KiB; {"array": [...]} is sent as the list in it. For other values that are not objects, or whole numbers beyond 2^53, use payloadText',
});

export const PAYLOAD_TEXT = optional({
  baseType: 'STRING',
  description:
    'The payload written as JSON text of at most 128 KiB, sent byte for byte; at most one of payload and payloadText',
});

export const QUERY_CONDITION = optional({
  baseType: 'STRING',
  description:
    "The devices that the job is for: the part of a query after WHERE, for example tags.site = 'Lyon'; * or omitted for all devices; FROM devices.modules WHERE ... for modules",
  maxLength: MAX_QUERY_CHARACTERS,
});

export const QUERY = required({
  baseType: 'STRING',
  description: 'SELECT * FROM devices.jobs WHERE ...',
  maxLength: MAX_QUERY_CHARACTERS,
});

export const RESPONSE_TIMEOUT = optional({
  baseType: 'INTEGER',
  description: 'Time that a device has to answer: 5 to 300, default 30',
  minimum: 5,
  maximum: 300,
  aspects: { units: 's' },
});

export const CONNECT_TIMEOUT = optional({
  baseType: 'INTEGER',
  description:
    'Time to wait for a device that is offline: 0 to 300, default 30 unless the agent is configured otherwise; with 0 the job waits until its maximum execution time',
  minimum: 0,
  maximum: 300,
  aspects: { units: 's' },
});

export const START_TIME = optional({
  baseType: 'DATETIME',
  description: 'When the job starts; now if omitted or in the past',
});

export const MAX_EXECUTION_TIME = optional({
  baseType: 'INTEGER',
  description: 'Time that the job may run: at least 1, default 3600',
  minimum: 1,
  aspects: { units: 's' },
});

export const MAX_ITEMS = optional({
  baseType: 'INTEGER',
  description: 'Maximum number of rows, at least 1; all if omitted',
  minimum: 1,
});

/** Values that apply where a caller of a schedule service sets none. */
export const DEFAULTS = {
  maxExecutionTimeInSeconds: 3600,
  responseTimeoutInSeconds: 30,
  connectTimeoutInSeconds: 30,
} as const;
