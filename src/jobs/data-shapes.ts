import type { DataShapeDefinition, DataShapeField } from '../edge/definitions.js';

const text = (name: string, description: string): DataShapeField => ({ name, baseType: 'STRING', description });
const integer = (name: string, description: string): DataShapeField => ({ name, baseType: 'INTEGER', description });
const time = (name: string, description: string): DataShapeField => ({ name, baseType: 'DATETIME', description });
const json = (name: string, description: string): DataShapeField => ({ name, baseType: 'JSON', description });

/** The counts of a job, in the order of all shapes that have them. */
const COUNTS: readonly DataShapeField[] = [
  integer('deviceCount', 'Devices that the job is for; known once it runs'),
  integer('succeededCount', 'Devices that have answered, whatever they answered, or whose twin was updated'),
  integer('failedCount', 'Devices that could not be reached or did not answer'),
  integer('runningCount', 'Devices that the job is working on'),
  integer('pendingCount', 'Devices that wait for their turn'),
  integer(
    'refusedCount',
    'Devices whose answer to a completed method job has a status of 400 or above; empty while the answers have not been read',
  ),
];

const OUTCOME =
  'inProgress, succeeded, completedWithErrors (devices failed or refused), noTargets, completed (ended, no device failed, answers not read), failed, cancelled or unknown';

export const AZURE_DEVICE_JOB: DataShapeDefinition = {
  name: 'AzureDeviceJob',
  description: 'A job of an Azure IoT Hub',
  fields: [
    { ...text('jobId', 'The id of the job'), isPrimaryKey: true },
    text('type', 'scheduleDeviceMethod or scheduleUpdateTwin'),
    text(
      'status',
      'scheduled (its time has not come), pending (its devices are being looked up), running, completed, failed or cancelled; any other status of the hub is passed on',
    ),
    text('outcome', OUTCOME),
    text('queryCondition', 'Which devices the job is for: what stands after WHERE; * for all'),
    time('createdTime', 'When the job was created'),
    time('startTime', 'When it starts or has started'),
    time('endTime', 'When it ended'),
    integer('maxExecutionTimeInSeconds', 'How long it may run'),
    ...COUNTS,
    text('methodName', 'The method of a method job'),
    json(
      'payload',
      'The payload of a method job: an object; a list as {"array": [...]}, any other value as {"value": ...}; empty for null',
    ),
    json('patch', 'The patch of a twin job, as it was asked for'),
    text('failureReason', 'Why the job as a whole failed'),
    text('statusMessage', "The hub's message about the status"),
  ],
};

export const AZURE_DEVICE_JOB_RESULT: DataShapeDefinition = {
  name: 'AzureDeviceJobResult',
  description: 'What a job of an Azure IoT Hub did to one device',
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
    integer('methodStatus', "The status of the device's answer to a method"),
    json(
      'methodPayload',
      'The payload of the device\'s answer to a method: an object; a list as {"array": [...]}, any other value as {"value": ...}',
    ),
    text('errorCode', 'Why the device failed: the code, for example DeviceNotOnline'),
    text('errorDescription', 'Why the device failed'),
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
