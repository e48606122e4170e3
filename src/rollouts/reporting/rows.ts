import { parseJson } from '../../core/exact-json.js';
import type { NativeRow } from '../../edge/definitions.js';
import { METHOD_JOB, TWIN_JOB } from '../../jobs/outcome.js';
import { batchesOf, MAX_BATCHES } from '../plan/batches.js';
import { targetIds } from '../plan/id-conditions.js';
import { ROLLOUT_DEFAULTS } from '../definition/parameters.js';
import { isEndless } from '../records/head.js';
import { countOf, FAILED_STATES, shownCounts } from '../machine/device-states.js';
import type { RolloutDetails, RolloutStatus } from '../driver/driver.js';
import {
  type BatchRecord,
  type DeviceRecord,
  type HistoryEntry,
  isFinal,
  type RolloutDefinition,
  type RolloutEvent,
} from '../records/records.js';

/** Returns a row of `AzureIotRollout` without the JSON fields. */
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
    expiresTime: isEndless(record) ? undefined : new Date(record.expiresMs),
    nextActionTime: isFinal(record) ? undefined : dateOrNone(waiting?.nextActionMs),
    batch: batch?.batch ?? 0,
    batchCount: batchesOf(record).length,
    jobCount: record.jobCount,
    deviceCount: deviceCount ?? countedDevices,
    ...shownCounts(record.counts),
    skippedCount: record.recurring?.skipped ?? 0,
  });
}

const MAX_FAILURES = 20;

/** Returns the JSON fields of a roll-out. */
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

/** Returns the parameters of a roll-out with defaults, under the names of StartRollout. */
export function definitionJson(definition: RolloutDefinition): NativeRow {
  const { payloadText, patchText, deviceIds, startTimeMs, recurrenceEndsMs, ...rest } = definition;
  return present({
    ...(rest.methodName === undefined ? {} : { via: ROLLOUT_DEFAULTS.via }),
    selection: ROLLOUT_DEFAULTS.selection,
    ...rest,
    payload: payloadText === undefined ? undefined : parseJson(payloadText),
    patch: patchText === undefined ? undefined : parseJson(patchText),
    deviceIds: deviceIds && { count: deviceIds.count },
    startTime: isoOrNone(startTimeMs),
    recurrenceEnds: isoOrNone(recurrenceEndsMs),
  });
}

function batchesJson(details: RolloutDetails): NativeRow[] {
  const { record, batches } = details;
  const started = new Map(batches.map((batch) => [batch.batch, batch]));
  return batchesOf(record)
    .slice(-MAX_BATCHES)
    .map(({ batch, size }) => {
      const found = started.get(batch);
      return present({
        batch,
        size,
        state: found ? batchState(details, found) : 'pending',
        startTime: isoOrNone(found?.startMs),
        settledTime: isoOrNone(found?.settledMs),
        succeededCount: countOf(found?.counts ?? {}, ['succeeded']),
        refusedCount: countOf(found?.counts ?? {}, ['refused']),
        failedCount: countOf(found?.counts ?? {}, FAILED_STATES),
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

/** Returns a row of `AzureIotRolloutEvent`. */
export function eventRow(event: RolloutEvent): NativeRow {
  const { counts, deviceCount, timeMs, thing: _thing, ...rest } = event;
  return { ...rest, deviceCount, ...shownCounts(counts), time: new Date(timeMs) };
}

/** Returns a row of QueryRolloutDevices: dates as ISO text, without missing values. */
export function deviceRow(
  device: DeviceRecord,
  batch: number,
  { nextAttemptMs, isDirect = false }: { readonly nextAttemptMs?: number | undefined; readonly isDirect?: boolean },
): NativeRow {
  const { methodPayload } = device;
  return present({
    ...targetIds(device.deviceId),
    batch,
    state: device.state,
    attempts: device.attempts,
    jobId: isDirect ? undefined : device.jobId,
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

const dateOrNone = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));
const isoOrNone = (ms: number | undefined): string | undefined => dateOrNone(ms)?.toISOString();

function present(row: Readonly<Record<string, unknown>>): NativeRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}
