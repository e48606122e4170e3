/** The data shapes, events and properties that roll-outs add to the hub Thing. */
import type {
  DataShapeDefinition,
  DataShapeField,
  EventDefinition,
  PropertyDefinition,
} from '../../edge/definitions.js';

const text = (name: string, description: string): DataShapeField => ({ name, baseType: 'STRING', description });
const time = (name: string, description: string): DataShapeField => ({ name, baseType: 'DATETIME', description });
const integer = (name: string, description: string): DataShapeField => ({ name, baseType: 'INTEGER', description });
const json = (name: string, description: string): DataShapeField => ({ name, baseType: 'JSON', description });

/** The counts of both shapes: `deviceCount` is the sum of the other eight. */
const COUNTS: readonly DataShapeField[] = [
  integer('deviceCount', 'Number of devices; until the set of devices is fixed, the number that was counted, or 0'),
  integer('pendingCount', 'Devices that have not been called yet'),
  integer('runningCount', 'Devices in an open hub job, or being verified'),
  integer('waitingCount', 'Devices that wait for a connection or for their next attempt'),
  integer('succeededCount', 'Devices that succeeded'),
  integer('refusedCount', 'Devices that responded to the method with a status of 400 or above'),
  integer('failedCount', 'Devices that failed, timed out, were offline, were not verified or were not found'),
  integer('expiredCount', 'Devices that were not final when the roll-out expired'),
  integer('cancelledCount', 'Devices that were not final when the roll-out was cancelled'),
];

export const AZURE_IOT_ROLLOUT: DataShapeDefinition = {
  name: 'AzureIotRollout',
  description: 'A roll-out, which calls a direct method on many devices or updates their twins in batches',
  fields: [
    { ...text('rolloutId', 'The id of the roll-out'), isPrimaryKey: true },
    text('description', 'The description passed to StartRollout'),
    text(
      'state',
      'awaitingApproval, scheduled, recurring, preparing, running, paused, cancelling, completed, cancelled or failed',
    ),
    text('outcome', 'inProgress, succeeded, completedWithErrors, noTargets, cancelled or failed'),
    text(
      'reason',
      'Why it is paused: user, promotion, successPercent, abort, jobCancelled or jobRejected; or why it ended: user, abort, expired, or an error',
    ),
    text(
      'waitingFor',
      'What it waits for: store, hub, approval, startTime, job, answers, resume, platform, window, place, verification, retry, soak or devices; empty once it has ended',
    ),
    text('type', 'scheduleDeviceMethod or scheduleUpdateTwin'),
    text('methodName', 'The direct method; empty for a twin patch'),
    text('queryCondition', 'The condition that selects its devices; empty if they are listed'),
    text('retryOf', 'The id of the roll-out whose devices it retries'),
    time('createdTime', 'When it was created'),
    time('startTime', 'When it may begin'),
    time('beginTime', 'When its set of devices was fixed'),
    time('endTime', 'When it ended'),
    time('expiresTime', 'When it expires'),
    time('nextActionTime', 'When it acts next, if that is known'),
    integer('batch', 'The current batch, from 1; 0 before the first'),
    integer('batchCount', 'Number of batches'),
    integer('jobCount', 'Number of hub jobs created so far'),
    ...COUNTS,
    integer('skippedCount', 'Times of a recurring roll-out that passed without a run; 0 for other roll-outs'),
    json('definition', 'All parameters, with defaults'),
    json('batches', 'The batches with their states, times and counts'),
    json('failures', 'The most frequent failures: device state, code and number of devices'),
    json('history', 'Changes of state, batches, stop rules, approvals and overrides, oldest first'),
  ],
};

export const AZURE_IOT_ROLLOUT_EVENT: DataShapeDefinition = {
  name: 'AzureIotRolloutEvent',
  description: 'A change of a roll-out',
  fields: [
    text('rolloutId', 'The id of the roll-out'),
    text('state', 'The state after the change'),
    text('previousState', 'The state before the change; empty for a new roll-out'),
    text('outcome', 'The outcome after the change'),
    text('reason', 'Why it is paused, or why it ended; see AzureIotRollout'),
    integer('batch', 'The current batch; 0 before the first'),
    integer('batchCount', 'Number of batches'),
    ...COUNTS,
    time('time', 'When it changed'),
  ],
};

export const ROLLOUT_DATA_SHAPES: readonly DataShapeDefinition[] = [AZURE_IOT_ROLLOUT, AZURE_IOT_ROLLOUT_EVENT];

/** Name of the event that reports the changes of roll-outs. */
export const ROLLOUT_CHANGED = 'AzureIotRolloutChanged';

export const ROLLOUT_EVENTS: readonly EventDefinition[] = [
  {
    name: ROLLOUT_CHANGED,
    description:
      'A roll-out that was started through this Thing has changed its state, or a batch of it has begun or settled',
    dataShape: AZURE_IOT_ROLLOUT_EVENT,
  },
];

/** Maximum number of rows of `activeRollouts`. */
export const MAX_ACTIVE_ROLLOUTS = 100;

/** The properties that the Thing pushes; all are read-only. */
export const ROLLOUT_PROPERTIES: readonly PropertyDefinition[] = [
  {
    name: 'activeRolloutCount',
    baseType: 'INTEGER',
    description: 'Number of roll-outs of the hub that have not ended',
    isReadOnly: true,
    pushType: 'VALUE',
  },
  {
    name: 'activeRollouts',
    baseType: 'INFOTABLE',
    description: `The roll-outs of the hub that have not ended, newest first, at most ${MAX_ACTIVE_ROLLOUTS}; the JSON fields are empty`,
    isReadOnly: true,
    pushType: 'VALUE',
    dataShape: AZURE_IOT_ROLLOUT,
  },
  {
    name: 'queuedJobCount',
    baseType: 'INTEGER',
    description: 'Number of jobs that wait in the queue of the agent',
    isReadOnly: true,
    pushType: 'VALUE',
  },
];
