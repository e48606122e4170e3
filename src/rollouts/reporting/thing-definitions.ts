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
  integer('deviceCount', 'Number of devices; before the set is fixed, what was counted'),
  integer('pendingCount', 'Devices that have not begun'),
  integer('runningCount', 'Devices in an open hub job, or being verified'),
  integer('waitingCount', 'Devices that wait to be connected or for their next attempt'),
  integer('succeededCount', 'Devices that succeeded'),
  integer('refusedCount', 'Devices that answered the method with a status of 400 or above'),
  integer('failedCount', 'Devices that failed, timed out, were offline, not verified or not found'),
  integer('expiredCount', 'Devices that the roll-out did not reach in its time'),
  integer('cancelledCount', 'Devices that the roll-out did not reach before it was cancelled'),
];

export const AZURE_IOT_ROLLOUT: DataShapeDefinition = {
  name: 'AzureIotRollout',
  description: 'A roll-out: one method call or twin patch for many devices, in batches',
  fields: [
    { ...text('rolloutId', 'Id of the roll-out'), isPrimaryKey: true },
    text('description', 'What its author says about it'),
    text(
      'state',
      'awaitingApproval, scheduled, preparing, running, paused, cancelling, completed, cancelled or failed',
    ),
    text('outcome', 'inProgress, succeeded, completedWithErrors, noTargets, cancelled or failed'),
    text('reason', 'Why it is paused, or why it ended'),
    text('waitingFor', 'What it waits for; empty once it has ended'),
    text('type', 'scheduleDeviceMethod or scheduleUpdateTwin'),
    text('methodName', 'The direct method'),
    text('queryCondition', 'The condition that its devices met when it began'),
    text('retryOf', 'The roll-out whose failed devices it retries'),
    time('createdTime', 'When it was made'),
    time('startTime', 'When it may begin'),
    time('beginTime', 'When its set of devices was fixed'),
    time('endTime', 'When it ended'),
    time('expiresTime', 'When its time is over'),
    time('nextActionTime', 'When it does something next, where that is known'),
    integer('batch', 'The current batch, from 1; 0 before the first'),
    integer('batchCount', 'Number of batches'),
    integer('jobCount', 'Hub jobs so far'),
    ...COUNTS,
    json('definition', 'All parameters, with defaults'),
    json('batches', 'The batches with their states, times and counts'),
    json('failures', 'The most frequent failures by state and code'),
    json('history', 'What happened, oldest first'),
  ],
};

export const AZURE_IOT_ROLLOUT_EVENT: DataShapeDefinition = {
  name: 'AzureIotRolloutEvent',
  description: 'A change of a roll-out',
  fields: [
    text('rolloutId', 'Id of the roll-out'),
    text('state', 'The state after the change'),
    text('previousState', 'The state before it; empty when it was made'),
    text('outcome', 'The outcome after the change'),
    text('reason', 'Why it is paused, or why it ended'),
    integer('batch', 'The current batch; 0 before the first'),
    integer('batchCount', 'Number of batches'),
    ...COUNTS,
    time('time', 'When the agent saw it'),
  ],
};

export const ROLLOUT_DATA_SHAPES: readonly DataShapeDefinition[] = [AZURE_IOT_ROLLOUT, AZURE_IOT_ROLLOUT_EVENT];

/** The event that reports every change of a roll-out. */
export const ROLLOUT_CHANGED = 'AzureIotRolloutChanged';

export const ROLLOUT_EVENTS: readonly EventDefinition[] = [
  {
    name: ROLLOUT_CHANGED,
    description: 'A roll-out that was started through this Thing has changed its state, or one of its batches has',
    dataShape: AZURE_IOT_ROLLOUT_EVENT,
  },
];

/** Maximum number of rows of `activeRollouts`. */
export const MAX_ACTIVE_ROLLOUTS = 100;

/** What the Thing pushes about roll-outs; all read-only. */
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
    description: `These roll-outs, at most ${MAX_ACTIVE_ROLLOUTS}, the newest first, without their JSON fields`,
    isReadOnly: true,
    pushType: 'VALUE',
    dataShape: AZURE_IOT_ROLLOUT,
  },
  {
    name: 'queuedJobCount',
    baseType: 'INTEGER',
    description: 'Number of jobs that wait in the queue of the agent for the hub to have a place',
    isReadOnly: true,
    pushType: 'VALUE',
  },
];
