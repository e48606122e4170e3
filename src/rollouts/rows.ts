import { parseJson } from '../core/exact-json.js';
import type { DataShapeDefinition, DataShapeField, NativeRow } from '../edge/definitions.js';
import { METHOD_JOB, TWIN_JOB } from '../jobs/outcome.js';
import { type Batch, planBatches } from './batches.js';
import { countOf, type StateCounts } from './device-states.js';
import type { RolloutDetails, RolloutStatus } from './driver.js';
import {
  type BatchRecord,
  type DeviceRecord,
  type HistoryEntry,
  isFinal,
  type RolloutDefinition,
  type RolloutEvent,
  type RolloutRecord,
} from './records.js';

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

const WAITING = ['waiting', 'retrying'] as const;
const RUNNING = ['running', 'verifying'] as const;
const FAILED = ['failed', 'timedOut', 'offline', 'unverified', 'notFound'] as const;

function countFields(deviceCount: number, counts: StateCounts): NativeRow {
  return {
    deviceCount,
    pendingCount: countOf(counts, ['pending']),
    runningCount: countOf(counts, RUNNING),
    waitingCount: countOf(counts, WAITING),
    succeededCount: countOf(counts, ['succeeded']),
    refusedCount: countOf(counts, ['refused']),
    failedCount: countOf(counts, FAILED),
    expiredCount: countOf(counts, ['expired']),
    cancelledCount: countOf(counts, ['cancelled']),
  };
}

/** A row of `AzureIotRollout` without its JSON fields. */
export function rolloutRow({ record, waiting }: RolloutStatus): NativeRow {
  const { definition, deviceCount, countedDevices = 0, batch } = record;
  return present({
    rolloutId: record.rolloutId,
    description: definition.description,
    state: record.state,
    outcome: record.outcome,
    reason: record.reason,
    waitingFor: isFinal(record) ? '' : (waiting?.waitingFor ?? 'hub'),
    type: definition.methodName === undefined ? TWIN_JOB : METHOD_JOB,
    methodName: definition.methodName,
    queryCondition: definition.queryCondition,
    retryOf: record.retryOf,
    createdTime: new Date(record.createdMs),
    startTime: new Date(record.startMs),
    beginTime: dateOrNone(record.beginMs),
    endTime: dateOrNone(record.endMs),
    expiresTime: new Date(record.expiresMs),
    nextActionTime: isFinal(record) ? undefined : dateOrNone(waiting?.nextActionMs),
    batch: batch?.batch ?? 0,
    batchCount: planOf(record).length,
    jobCount: record.jobCount,
    ...countFields(deviceCount ?? countedDevices, record.counts),
  });
}

const MAX_FAILURES = 20;

/** The JSON fields of one roll-out. */
export function rolloutDetails(details: RolloutDetails): NativeRow {
  const { record, history } = details;
  const dropped = record.historyLength - history.length;
  const failures = [...record.failures].sort((a, b) => b.count - a.count).slice(0, MAX_FAILURES);
  return {
    definition: definitionJson(record.definition),
    batches: { array: batchesJson(details) },
    failures: { array: failures },
    history: { array: [...(dropped > 0 ? [{ dropped }] : []), ...history.map(historyJson)] },
  };
}

/** All parameters with their defaults, under the names of StartRollout. */
export function definitionJson(definition: RolloutDefinition): NativeRow {
  const { payloadText, patchText, deviceIds, startTimeMs, ...rest } = definition;
  return present({
    ...rest,
    payload: payloadText === undefined ? undefined : parseJson(payloadText),
    patch: patchText === undefined ? undefined : parseJson(patchText),
    deviceIds: deviceIds && { count: deviceIds.count },
    startTime: startTimeMs === undefined ? undefined : new Date(startTimeMs).toISOString(),
  });
}

function batchesJson(details: RolloutDetails): NativeRow[] {
  const { record, batches } = details;
  const begun = new Map(batches.map((batch) => [batch.batch, batch]));
  return planOf(record).map(({ batch, size }) => {
    const found = begun.get(batch);
    return present({
      batch,
      size,
      state: found ? batchState(details, found) : 'pending',
      startTime: isoOrNone(found?.startMs),
      settledTime: isoOrNone(found?.settledMs),
      succeededCount: countOf(found?.counts ?? {}, ['succeeded']),
      refusedCount: countOf(found?.counts ?? {}, ['refused']),
      failedCount: countOf(found?.counts ?? {}, FAILED),
    });
  });
}

function batchState({ record, isSoaking }: RolloutDetails, { batch, settledMs }: BatchRecord): string {
  if (settledMs === undefined) return isFinal(record) ? 'done' : 'running';
  return isSoaking && record.batch?.batch === batch ? 'soaking' : 'done';
}

function historyJson({ timeMs, ...entry }: HistoryEntry): NativeRow {
  return present({ time: new Date(timeMs).toISOString(), ...entry });
}

/** A row of `AzureIotRolloutEvent`. */
export function eventRow(event: RolloutEvent): NativeRow {
  const { counts, deviceCount, timeMs, thing: _thing, ...rest } = event;
  return { ...rest, ...countFields(deviceCount, counts), time: new Date(timeMs) };
}

/** A row of QueryRolloutDevices; what is missing is left out, dates are ISO text. */
export function deviceRow(device: DeviceRecord, batch: number, nextAttemptMs: number | undefined): NativeRow {
  const { methodPayload } = device;
  return present({
    deviceId: device.deviceId,
    batch,
    state: device.state,
    attempts: device.attempts,
    jobId: device.jobId,
    methodStatus: device.methodStatus,
    methodPayload: methodPayload === undefined ? undefined : parseJson(methodPayload),
    methodPayloadTruncated: device.methodPayloadTruncated,
    errorCode: device.errorCode,
    errorDescription: device.errorDescription,
    startTime: isoOrNone(device.startMs),
    endTime: isoOrNone(device.endMs),
    nextAttemptTime: device.state === 'retrying' ? isoOrNone(nextAttemptMs) : undefined,
  });
}

export function planOf({ definition, deviceCount }: RolloutRecord): readonly Batch[] {
  return deviceCount === undefined ? [] : (planBatches(definition, deviceCount) ?? []);
}

const dateOrNone = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));
const isoOrNone = (ms: number | undefined): string | undefined => dateOrNone(ms)?.toISOString();

function present(row: Readonly<Record<string, unknown>>): NativeRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}
