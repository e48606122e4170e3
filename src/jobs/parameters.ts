import type { BaseType } from '../alwayson/codec/base-types.js';
import type { ParameterDefinition } from '../edge/definitions.js';

/** In all these services an optional parameter that is an empty text counts as absent. */
function parameter(
  name: string,
  baseType: BaseType,
  description: string,
  more: Partial<ParameterDefinition> = {},
): ParameterDefinition {
  return { name, baseType, description, ...(more.isRequired === true ? {} : { emptyTextIsAbsent: true }), ...more };
}

export const JOB_ID = parameter('jobId', 'STRING', 'The id of the job: 1 to 64 letters, digits and dashes', {
  isRequired: true,
});

export const PATCH = parameter(
  'patch',
  'JSON',
  'What to change in the twins: an object of at most 128 KiB with tags and/or properties.desired; null removes a value or clears a section',
  { isRequired: true },
);

export const METHOD_NAME = parameter('methodName', 'STRING', 'The direct method to call: 1 to 100 characters', {
  isRequired: true,
});

export const PAYLOAD = parameter(
  'payload',
  'JSON',
  'The payload of the method: a JSON value of at most 128 KiB; {"array": [...]} is sent as the list in it. For other values that are not objects, or whole numbers beyond 2^53, use payloadText',
);

export const PAYLOAD_TEXT = parameter(
  'payloadText',
  'STRING',
  'The payload written as JSON text of at most 128 KiB, sent byte for byte; at most one of payload and payloadText',
);

export const QUERY_CONDITION = parameter(
  'queryCondition',
  'STRING',
  "The devices that the job is for: the part of a query after WHERE, for example tags.site = 'Lyon'; * or omitted for all devices; FROM devices.modules WHERE ... for modules",
);

export const RESPONSE_TIMEOUT = parameter(
  'responseTimeoutInSeconds',
  'INTEGER',
  'Time that a device has to answer: 5 to 300, default 30',
  { aspects: { minimumValue: 5, maximumValue: 300, units: 's' } },
);

export const CONNECT_TIMEOUT = parameter(
  'connectTimeoutInSeconds',
  'INTEGER',
  'Time to wait for a device that is offline: 0 to 300, default 30 unless the agent is configured otherwise; with 0 the job waits until its maximum execution time',
  { aspects: { minimumValue: 0, maximumValue: 300, units: 's' } },
);

/** The optional parameters of both schedule services, in the order of their documentation. */
export const SCHEDULE_PARAMETERS = {
  startTime: parameter('startTime', 'DATETIME', 'When the job starts; now if omitted or in the past'),
  maxExecutionTimeInSeconds: parameter(
    'maxExecutionTimeInSeconds',
    'INTEGER',
    'Time that the job may run: at least 1, default 3600',
    { aspects: { minimumValue: 1, units: 's' } },
  ),
  jobId: parameter(
    'jobId',
    'STRING',
    'The id of the new job: 1 to 64 letters, digits and dashes; generated if omitted. Repeating a call with the same id creates only one job',
  ),
} as const;

export const JOB_TYPE = parameter('type', 'STRING', 'scheduleDeviceMethod or scheduleUpdateTwin; both if omitted');

export const JOB_STATUS = parameter(
  'status',
  'STRING',
  'The status that the jobs show: scheduled, pending (or enqueued), running, completed, failed, cancelled or unknown; queued for the jobs that the hub has queued; all if omitted',
);

export const QUERY = parameter('query', 'STRING', 'SELECT * FROM devices.jobs WHERE ...', { isRequired: true });

export const MAX_ITEMS = parameter('maxItems', 'INTEGER', 'Maximum number of rows, at least 1; all if omitted', {
  aspects: { minimumValue: 1 },
});

export const PAGE_MAX_ITEMS = parameter(
  'maxItems',
  'INTEGER',
  'Maximum number of rows of a page: 1 to 1000, default 1000',
  { aspects: { minimumValue: 1, maximumValue: 1000 } },
);

export const CONTINUATION_TOKEN = parameter(
  'continuationToken',
  'STRING',
  'The token of the previous page of the same query; the first page if omitted',
);

export const SAMPLE_SIZE = parameter('sampleSize', 'INTEGER', 'Number of devices to return: 1 to 100, default 10', {
  aspects: { minimumValue: 1, maximumValue: 100 },
});
