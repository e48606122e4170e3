import { parseJson, stringifyJson } from '../core/exact-json.js';
import type { Job } from '../iothub/documents.js';
import type { HubDocument, JobRequest } from '../iothub/ports.js';

/** Times of the hub may be rounded. */
const TIME_TOLERANCE_MS = 1000;

/**
 * Whether a job that exists is the one that `wanted` would create. `undefined`: its document does not show its definition
 * yet. Compared are type, condition, method and payload, or patch; and the start time if the caller chose one.
 */
export function isSameDefinition(existing: Job, wanted: JobRequest, hasGivenStart: boolean): boolean | undefined {
  if (existing.type !== undefined && existing.type.toLowerCase() !== wanted.type.toLowerCase()) return false;
  const content = wanted.type === 'scheduleDeviceMethod' ? sameMethod(existing, wanted) : samePatch(existing, wanted);
  if (content === undefined) return undefined;
  return content && sameCondition(existing, wanted) && (!hasGivenStart || sameStart(existing, wanted));
}

function sameMethod(existing: Job, wanted: Extract<JobRequest, { type: 'scheduleDeviceMethod' }>): boolean | undefined {
  if (existing.methodName === undefined) return undefined;
  return existing.methodName === wanted.methodName && sameJson(existing.payload, asSent(wanted));
}

function samePatch(existing: Job, wanted: Extract<JobRequest, { type: 'scheduleUpdateTwin' }>): boolean | undefined {
  if (existing.patch === undefined) return undefined;
  return sameJson(essence(existing.patch), parsedAgain(essence(wanted.patch)));
}

/**
 * The two sections that a patch can have; a twin's document may hold more (etag, device id, versions). A section that is
 * `null` is cleared by the job, and one that is absent is left alone.
 */
function essence(patch: HubDocument): HubDocument {
  const properties = (patch['properties'] ?? {}) as HubDocument;
  return {
    ...(Object.hasOwn(patch, 'tags') ? { tags: patch['tags'] } : {}),
    ...(Object.hasOwn(properties, 'desired') ? { desired: properties['desired'] } : {}),
  };
}

/** The payload as it reads once it has been sent. */
function asSent({ payload, payloadText }: Extract<JobRequest, { type: 'scheduleDeviceMethod' }>): unknown {
  return payloadText === undefined ? parsedAgain(payload) : parseJson(payloadText);
}

function parsedAgain(value: unknown): unknown {
  const text = stringifyJson(value);
  return text === undefined ? undefined : parseJson(text);
}

function sameCondition(existing: Job, wanted: JobRequest): boolean {
  const normal = (condition: string | undefined): string => condition?.trim() || '*';
  return normal(existing.queryCondition) === normal(wanted.queryCondition);
}

function sameStart(existing: Job, wanted: JobRequest): boolean {
  if (existing.startTime === undefined || wanted.startTime === undefined) return true;
  return Math.abs(existing.startTime.getTime() - wanted.startTime.getTime()) <= TIME_TOLERANCE_MS;
}

/**
 * Whether two values that were read from JSON are equal, whole numbers by all their digits. The order of keys makes no
 * difference, and an absent value is `null`.
 */
export function sameJson(a: unknown, b: unknown): boolean {
  if (!isStructure(a) || !isStructure(b)) return (a ?? null) === (b ?? null);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], (b as HubDocument)[key]))
  );
}

function isStructure(value: unknown): value is HubDocument {
  return typeof value === 'object' && value !== null;
}
