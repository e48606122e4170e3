/** Roll-outs of all hubs, their devices, and their course. */
import { z } from 'zod';
import { ROLLOUT_ACTIONS } from '../../rollouts/driver/commands.js';
import { FINAL_DEVICE_STATES, OPEN_DEVICE_STATES } from '../../rollouts/machine/device-states.js';
import { MAX_POINTS } from '../../rollouts/records/course.js';
import { ROLLOUT_STATES } from '../../rollouts/records/records.js';
import { count, cursor, hubName, limit, listOf, rolloutId, time } from './shapes.js';

const DEVICE_STATES = [...OPEN_DEVICE_STATES, ...FINAL_DEVICE_STATES] as const;

/** Maximum number of runs that the details of a recurring roll-out contain. */
export const MAX_RUNS = 20;

/** The counts by which a bar or a plot shows the devices of a roll-out. */
const counts = {
  pendingCount: count,
  runningCount: count.describe('With those that are being verified'),
  waitingCount: count.describe('With those that wait for their next attempt'),
  succeededCount: count,
  refusedCount: count,
  failedCount: count.describe('failed, timedOut, offline, unverified and notFound'),
  expiredCount: count,
  cancelledCount: count,
};

/** A row of AzureIotRollout without its JSON fields; what is missing is left out. */
export const rollout = z
  .object({
    hub: hubName,
    thing: z.string().describe('The Thing that started it: its services act on the roll-out'),
    rolloutId,
    description: z.string().optional(),
    state: z.enum(ROLLOUT_STATES),
    outcome: z.enum(['inProgress', 'succeeded', 'completedWithErrors', 'noTargets', 'cancelled', 'failed']),
    reason: z.string(),
    waitingFor: z.string(),
    type: z.string(),
    methodName: z.string().optional(),
    queryCondition: z.string().optional(),
    retryOf: rolloutId.optional(),
    createdTime: time,
    startTime: time,
    beginTime: time.optional(),
    endTime: time.optional(),
    expiresTime: time.optional().describe('Missing for a recurring roll-out without an end'),
    nextActionTime: time.optional(),
    batch: count,
    batchCount: count,
    jobCount: count,
    deviceCount: count,
    ...counts,
    skippedCount: count.describe('Times of a recurring roll-out that passed without a run'),
  })
  .meta({ id: 'Rollout' });

const batch = z
  .object({
    batch: count,
    size: count,
    state: z.enum(['pending', 'running', 'soaking', 'done']),
    startTime: time.optional(),
    settledTime: time.optional(),
    succeededCount: count,
    refusedCount: count,
    failedCount: count,
  })
  .meta({ id: 'RolloutBatch' });

const historyEntry = z
  .object({
    dropped: count
      .optional()
      .describe('Only in the first entry: how many older ones were dropped; it has nothing else'),
    time: time.optional(),
    event: z.enum(['created', 'state', 'batchBegun', 'batchSettled', 'abort', 'approved', 'override']).optional(),
    state: z.enum(ROLLOUT_STATES).optional(),
    batch: count.optional(),
    reason: z.string().optional(),
    comment: z.string().optional(),
    abort: z.object({ criterion: z.record(z.string(), z.unknown()), matching: count, executed: count }).optional(),
  })
  .meta({ id: 'RolloutHistoryEntry' });

export const rolloutDetails = rollout
  .extend({
    definition: z.record(z.string(), z.unknown()).describe('All parameters of StartRollout with their defaults'),
    batches: z.array(batch),
    failures: z.array(z.object({ state: z.string(), code: z.string(), count })).describe('Largest first, at most 20'),
    history: z.array(historyEntry).describe('Oldest first, at most 200'),
    runs: z.array(rollout).describe(`Of a recurring roll-out: its runs, newest first, at most ${MAX_RUNS}`),
    actions: z.array(z.enum(ROLLOUT_ACTIONS)).describe('The services that its state allows'),
  })
  .meta({ id: 'RolloutDetails' });

export const rolloutQuery = z.strictObject({
  hub: hubName.optional(),
  state: z.enum(ROLLOUT_STATES).optional(),
  cursor,
  limit: limit(50),
});

export const rolloutPath = z.strictObject({ hub: hubName, id: rolloutId });

/** A row of QueryRolloutDevices; what is missing is left out. */
export const rolloutDevice = z
  .object({
    deviceId: z.string(),
    batch: count,
    state: z.enum(DEVICE_STATES),
    attempts: count,
    jobId: z.string().optional().describe('The last hub job that it was in'),
    methodStatus: z.int().optional(),
    methodPayload: z.unknown().optional(),
    methodPayloadTruncated: z.boolean().optional(),
    errorCode: z.string().optional(),
    errorDescription: z.string().optional(),
    startTime: time.optional(),
    endTime: time.optional(),
    nextAttemptTime: time.optional(),
  })
  .meta({ id: 'RolloutDevice' });

export const rolloutDeviceQuery = z.strictObject({
  state: z.enum(DEVICE_STATES).optional(),
  batch: z.coerce.number().int().min(1).optional().describe('Number of the batch, from 1'),
  cursor,
  limit: limit(100),
});

export const courseQuery = z.strictObject({
  points: z.coerce.number().int().min(2).max(MAX_POINTS).default(500).describe('Maximum number of points'),
});

export const course = z
  .object({
    hub: hubName,
    rolloutId,
    points: z
      .array(z.object({ time, ...counts }))
      .describe('Devices by state over time, oldest first; each holds until the next one'),
  })
  .meta({ id: 'RolloutCourse' });

export const rolloutList = listOf(rollout);
export const rolloutDeviceList = listOf(rolloutDevice);
