import { isDeepStrictEqual } from 'node:util';
import type { Job } from '../iothub/documents.js';
import type { HubDocument, JobRequest } from '../iothub/ports.js';

/** Times of the hub may be rounded. */
const TIME_TOLERANCE_MS = 1000;

/**
 * Whether a job that exists is the one that `wanted` would make. `undefined`: its document does not show its definition
 * yet. Compared are type, condition, method and payload, or patch; and the start time if the caller gave one.
 */
export function isSameDefinition(existing: Job, wanted: JobRequest, hasGivenStart: boolean): boolean | undefined {
  if (existing.type !== undefined && existing.type.toLowerCase() !== wanted.type.toLowerCase()) return false;
  const content = wanted.type === 'scheduleDeviceMethod' ? sameMethod(existing, wanted) : samePatch(existing, wanted);
  if (content === undefined) return undefined;
  return content && sameCondition(existing, wanted) && (!hasGivenStart || sameStart(existing, wanted));
}

function sameMethod(existing: Job, wanted: Extract<JobRequest, { type: 'scheduleDeviceMethod' }>): boolean | undefined {
  if (existing.methodName === undefined) return undefined;
  return existing.methodName === wanted.methodName && sameJson(existing.payload, wanted.payload);
}

function samePatch(existing: Job, wanted: Extract<JobRequest, { type: 'scheduleUpdateTwin' }>): boolean | undefined {
  if (existing.patch === undefined) return undefined;
  return sameJson(essence(existing.patch), essence(wanted.patch));
}

/** A twin's document may hold more than the patch (etag, device id, versions). */
function essence(patch: HubDocument): unknown {
  const properties = patch['properties'] as HubDocument | null | undefined;
  return { tags: patch['tags'] ?? null, desired: properties?.['desired'] ?? null };
}

function sameCondition(existing: Job, wanted: JobRequest): boolean {
  const normal = (condition: string | undefined): string => condition?.trim() || '*';
  return normal(existing.queryCondition) === normal(wanted.queryCondition);
}

function sameStart(existing: Job, wanted: JobRequest): boolean {
  if (existing.startTime === undefined) return true;
  return Math.abs(existing.startTime.getTime() - wanted.startTime.getTime()) <= TIME_TOLERANCE_MS;
}

/** Equal as JSON: the order of keys makes no difference, and an absent value is `null`. */
function sameJson(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(asJson(a), asJson(b));
}

function asJson(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}
