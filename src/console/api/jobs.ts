/** Jobs of all hubs, and their devices. */
import { z } from 'zod';
import { METHOD_JOB, TWIN_JOB } from '../../jobs/outcome.js';
import { count, cursor, hubName, jobId, limit, listOf, rolloutId, time } from './shapes.js';

const jobType = z.enum([METHOD_JOB, TWIN_JOB]);

export const JOB_STATUSES = [
  'queued',
  'scheduled',
  'pending',
  'running',
  'completed',
  'failed',
  'cancelled',
  'unknown',
] as const;

export const JOB_OUTCOMES = [
  'inProgress',
  'succeeded',
  'completedWithErrors',
  'noTargets',
  'completed',
  'failed',
  'cancelled',
  'unknown',
] as const;

/** A row of AzureDeviceJob; what is missing is left out. */
export const job = z
  .object({
    hub: hubName,
    jobId,
    type: z.string(),
    status: z.string().describe(`${JOB_STATUSES.join(', ')}, or a newer word of the hub`),
    outcome: z.string().describe(JOB_OUTCOMES.join(', ')),
    rolloutId: rolloutId.optional().describe('The roll-out that the job belongs to'),
    queryCondition: z.string().optional(),
    createdTime: time.optional(),
    startTime: time.optional(),
    endTime: time.optional(),
    maxExecutionTimeInSeconds: count.optional(),
    deviceCount: count.optional(),
    succeededCount: count.optional().describe('Devices that responded, with any status, or whose twin was updated'),
    failedCount: count.optional(),
    runningCount: count.optional(),
    pendingCount: count.optional(),
    refusedCount: count.optional().describe('Of those that responded: with 400 or above, if the responses were read'),
    methodName: z.string().optional(),
    failureReason: z.string().optional(),
    statusMessage: z.string().optional(),
  })
  .meta({ id: 'Job' });

export const jobDetails = job
  .extend({
    payload: z.unknown().optional().describe('Of a method job: any JSON value; left out if there is none'),
    patch: z.record(z.string(), z.unknown()).optional().describe('Of a twin job'),
    responseTimeoutInSeconds: count.optional(),
    connectTimeoutInSeconds: count.optional(),
    canBeCancelled: z.boolean(),
  })
  .meta({ id: 'JobDetails' });

export const jobQuery = z.strictObject({
  hub: hubName.optional(),
  type: jobType.optional(),
  status: z.enum(JOB_STATUSES).optional(),
  outcome: z.enum(JOB_OUTCOMES).optional(),
  text: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Part of the job id, of the method name or of the condition, in any case'),
  history: z
    .enum(['true', 'false'])
    .optional()
    .describe('Whether those that the hubs have forgotten follow, the one that ended last first; default false'),
  cursor,
  limit: limit(50),
});

export const jobPath = z.strictObject({ hub: hubName, id: jobId });

export const JOB_DEVICE_STATES = ['pending', 'running', 'succeeded', 'refused', 'failed', 'cancelled'] as const;

/** A row of AzureDeviceJobResult with a state; what is missing is left out. */
export const jobDevice = z
  .object({
    hub: hubName,
    jobId,
    rolloutId: rolloutId.optional().describe('The roll-out that the job belongs to'),
    deviceId: z.string(),
    moduleId: z.string().optional(),
    type: z.string().optional(),
    state: z.enum(JOB_DEVICE_STATES).describe('`refused`: the device responded with 400 or above'),
    status: z.string().describe("The hub's word"),
    createdTime: time.optional(),
    startTime: time.optional(),
    endTime: time.optional(),
    lastUpdatedTime: time.optional(),
    methodStatus: z.int().optional(),
    methodPayload: z.unknown().optional().describe('Any JSON value; left out if there was none'),
    errorCode: z.string().optional(),
    errorDescription: z.string().optional(),
  })
  .meta({ id: 'JobDevice' });

export const jobDeviceQuery = z.strictObject({
  state: z.enum(JOB_DEVICE_STATES).optional(),
  cursor,
  limit: limit(100),
});

export const jobList = listOf(job);
export const jobDeviceList = listOf(jobDevice);
