import type { DataShapeDefinition, DataShapeField } from '../edge/definitions.js';

const text = (name: string, description: string): DataShapeField => ({ name, baseType: 'STRING', description });
const integer = (name: string, description: string): DataShapeField => ({ name, baseType: 'INTEGER', description });
const time = (name: string, description: string): DataShapeField => ({ name, baseType: 'DATETIME', description });
const json = (name: string, description: string): DataShapeField => ({ name, baseType: 'JSON', description });

/** The counts of a job, in the order of all shapes that have them. */
const COUNTS: readonly DataShapeField[] = [
  integer('deviceCount', 'Devices that the job targets; known once it runs'),
  integer('succeededCount', 'Devices that responded, with any status, or whose twin was updated'),
  integer('failedCount', 'Devices that could not be reached or did not respond'),
  integer('runningCount', 'Devices that the job is working on'),
  integer('pendingCount', 'Devices that are still waiting'),
  integer(
    'refusedCount',
    'Devices that responded to a completed method job with a status of 400 or above; empty if the responses have not been read',
  ),
];

const OUTCOME =
  'inProgress, succeeded, completedWithErrors (devices failed or refused), noTargets, completed (ended, no device failed, responses not read), failed, cancelled or unknown';

export const AZURE_DEVICE_JOB: DataShapeDefinition = {
  name: 'AzureDeviceJob',
  description: 'A job of an Azure IoT Hub',
  fields: [
    { ...text('jobId', 'The id of the job'), isPrimaryKey: true },
    text('type', 'scheduleDeviceMethod or scheduleUpdateTwin'),
    text(
      'status',
      "queued (it waits in the agent's queue), scheduled (its start time is in the future), pending (its devices are being looked up), running, completed, failed or cancelled; any other status of the hub is returned unchanged",
    ),
    text('outcome', OUTCOME),
    text('queryCondition', 'The devices that the job targets: the part of a query after WHERE; * for all'),
    time('createdTime', 'When the job was created'),
    time('startTime', 'When it starts or started'),
    time('endTime', 'When it ended'),
    integer('maxExecutionTimeInSeconds', 'How long it may run, in seconds'),
    ...COUNTS,
    text('methodName', 'The direct method of a method job'),
    json(
      'payload',
      'The payload of a method job: an object; a list as {"array": [...]}, any other value as {"value": ...}; empty for null',
    ),
    json('patch', 'The patch of a twin job, as requested'),
    text('failureReason', 'Why the job as a whole failed'),
    text('statusMessage', "The hub's message about the status"),
  ],
};

export const AZURE_DEVICE_JOB_RESULT: DataShapeDefinition = {
  name: 'AzureDeviceJobResult',
  description: 'The result of a job of an Azure IoT Hub on one device',
  fields: [
    text('deviceId', 'The device'),
    text('moduleId', 'The module, in a job for modules'),
    text('jobId', 'The job'),
    text('type', 'scheduleDeviceMethod or scheduleUpdateTwin'),
    text('status', 'pending, scheduled, running, completed, failed or canceled'),
    time('createdTime', 'When this part of the job was created'),
    time('startTime', 'When it started'),
    time('endTime', 'When it ended'),
    time('lastUpdatedTime', 'When it last changed'),
    integer('methodStatus', 'The status of the response of the device to a method'),
    json(
      'methodPayload',
      'The payload of the response of the device to a method: an object; a list as {"array": [...]}, any other value as {"value": ...}',
    ),
    text('errorCode', 'The error code, for example DeviceNotOnline'),
    text('errorDescription', 'The error description'),
    json('outcome', 'The outcome as the hub sent it; wrapped as methodPayload if it is not an object'),
    json('error', 'The error as the hub sent it; wrapped as methodPayload if it is not an object'),
  ],
};

export const AZURE_DEVICE_JOB_EVENT: DataShapeDefinition = {
  name: 'AzureDeviceJobEvent',
  description: 'A change of status or outcome of a job',
  fields: [
    text('jobId', 'The job'),
    text('type', 'scheduleDeviceMethod or scheduleUpdateTwin'),
    text('status', 'The new status'),
    text('previousStatus', 'The status of the previous event; empty for the first event of a job'),
    text('outcome', OUTCOME),
    ...COUNTS,
    time('time', 'When the agent observed the change'),
  ],
};

export const JOB_DATA_SHAPES: readonly DataShapeDefinition[] = [
  AZURE_DEVICE_JOB,
  AZURE_DEVICE_JOB_RESULT,
  AZURE_DEVICE_JOB_EVENT,
];
