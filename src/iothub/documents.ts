/**
 * Lenient reading of documents of a hub. The names of fields differ between job documents, result documents and versions
 * of the service (`type`/`jobType`, `startTime`/`startTimeUtc`, `createdTime`/`createdDateTimeUtc`), most may be missing,
 * and dates may be malformed: what cannot be read is `undefined`, never an error.
 */
import { stringifyJson } from '../core/exact-json.js';
import { isPlainObject, omitUndefined } from '../core/objects.js';

/** A JSON object as the hub sent it. Its fields have not been checked. */
export type HubDocument = Readonly<Record<string, unknown>>;

/** The number of devices of a job by state. */
export interface JobCounts {
  readonly deviceCount?: number;
  readonly succeededCount?: number;
  readonly failedCount?: number;
  readonly runningCount?: number;
  readonly pendingCount?: number;
}

/** The content of a job document, as far as it could be read. */
export interface Job {
  readonly jobId?: string;
  readonly type?: string;
  readonly status?: string;
  readonly queryCondition?: string;
  readonly createdTime?: Date;
  readonly startTime?: Date;
  readonly endTime?: Date;
  readonly maxExecutionTimeInSeconds?: number;
  readonly counts: JobCounts;
  readonly methodName?: string;
  /** Any JSON value; `undefined` for none. */
  readonly payload?: unknown;
  /** `updateTwin` as it was requested, without the etag and device id that the hub adds. */
  readonly patch?: HubDocument;
  readonly failureReason?: string;
  readonly statusMessage?: string;
}

/** The result of a job on one device, as far as its document could be read. */
export interface JobResult {
  readonly deviceId?: string;
  readonly moduleId?: string;
  readonly jobId?: string;
  readonly type?: string;
  readonly status?: string;
  readonly createdTime?: Date;
  readonly startTime?: Date;
  readonly endTime?: Date;
  readonly lastUpdatedTime?: Date;
  readonly methodStatus?: number;
  /** Any JSON value, `null` among them; `undefined` for none. */
  readonly methodPayload?: unknown;
  readonly errorCode?: string;
  readonly errorDescription?: string;
  readonly outcome?: unknown;
  readonly error?: unknown;
}

/** Each look-up visits all fields of an object, so their number is bounded. */
const MAX_FIELDS = 200;
/** The longest text that is read as a time. */
const MAX_TIME_LENGTH = 64;

const timeNames = (name: string): readonly string[] => [
  `${name}Time`,
  `${name}TimeUtc`,
  `${name}DateTimeUtc`,
  `${name}DateTime`,
];
const TIME_NAMES = {
  created: timeNames('created'),
  start: timeNames('start'),
  end: timeNames('end'),
  lastUpdated: timeNames('lastUpdated'),
};

export function readJob(source: HubDocument): Job {
  const document = fieldsOf(source) ?? {};
  const method = fieldsOf(find(document, 'cloudToDeviceMethod'));
  const statistics = fieldsOf(find(document, 'deviceJobStatistics', 'jobStatistics', 'statistics')) ?? {};
  return omitUndefined({
    jobId: textOf(find(document, 'jobId')),
    type: textOf(find(document, 'type', 'jobType')),
    status: textOf(find(document, 'status', 'jobStatus')),
    queryCondition: textOf(find(document, 'queryCondition')),
    createdTime: dateOf(find(document, ...TIME_NAMES.created)),
    startTime: dateOf(find(document, ...TIME_NAMES.start)),
    endTime: dateOf(find(document, ...TIME_NAMES.end)),
    maxExecutionTimeInSeconds: integerOf(find(document, 'maxExecutionTimeInSeconds')),
    counts: omitUndefined({
      deviceCount: integerOf(find(statistics, 'deviceCount')),
      succeededCount: integerOf(find(statistics, 'succeededCount')),
      failedCount: integerOf(find(statistics, 'failedCount')),
      runningCount: integerOf(find(statistics, 'runningCount')),
      pendingCount: integerOf(find(statistics, 'pendingCount')),
    }),
    methodName: method && textOf(find(method, 'methodName')),
    payload: method && find(method, 'payload'),
    patch: patchOf(find(document, 'updateTwin')),
    failureReason: textOf(find(document, 'failureReason')),
    statusMessage: textOf(find(document, 'statusMessage')),
  });
}

export function readJobResult(source: HubDocument): JobResult {
  const document = fieldsOf(source) ?? {};
  const outcome = find(document, 'outcome');
  const response = fieldsOf(find(fieldsOf(outcome) ?? {}, 'deviceMethodResponse'));
  const error = find(document, 'error');
  const details = fieldsOf(error) ?? {};
  return omitUndefined({
    deviceId: textOf(find(document, 'deviceId')),
    moduleId: textOf(find(document, 'moduleId')),
    jobId: textOf(find(document, 'jobId')),
    type: textOf(find(document, 'jobType', 'type')),
    status: textOf(find(document, 'status', 'jobStatus')),
    createdTime: dateOf(find(document, ...TIME_NAMES.created)),
    startTime: dateOf(find(document, ...TIME_NAMES.start)),
    endTime: dateOf(find(document, ...TIME_NAMES.end)),
    lastUpdatedTime: dateOf(find(document, ...TIME_NAMES.lastUpdated)),
    methodStatus: response && integerOf(find(response, 'status')),
    methodPayload: response && (find(response, 'payload') ?? nullIn(response, 'payload')),
    errorCode: textOf(find(details, 'code', 'errorCode')),
    errorDescription: textOf(find(details, 'description', 'message')),
    outcome,
    error,
  });
}

/** Returns the value of the first of `names` that has one, in any case, since versions differ. `null` is not a value. */
export function find(document: HubDocument, ...names: readonly string[]): unknown {
  for (const name of names) {
    const value = Object.hasOwn(document, name) ? document[name] : undefined;
    if (value !== undefined && value !== null) return value;
  }
  for (const key of Object.keys(document)) {
    const value = document[key];
    if (value !== undefined && value !== null && names.some((name) => isSameName(name, key))) return value;
  }
  return undefined;
}

/** Lengths are compared first, which excludes most keys. */
function isSameName(name: string, key: string): boolean {
  return name.length === key.length && name.toLowerCase() === key.toLowerCase();
}

/** Returns `null` if the document has it under this name, in any case: a device may answer a method with it. */
function nullIn(document: HubDocument, name: string): null | undefined {
  return Object.entries(document).some(([key, value]) => value === null && key.toLowerCase() === name)
    ? null
    : undefined;
}

/** Returns the patch of a twin job without the members that the hub adds. */
function patchOf(value: unknown): HubDocument | undefined {
  const twin = objectOf(value);
  const added = new Set(['etag', 'deviceid']);
  return twin && Object.fromEntries(Object.entries(twin).filter(([key]) => !added.has(key.toLowerCase())));
}

/** Returns a string as it is, and any other value as JSON. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  try {
    return stringifyJson(value);
  } catch {
    // The value is nested too deep for JSON.
    return undefined;
  }
}

/** Returns a number that fits INTEGER, given as a number or as text. */
export function integerOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) < 2 ** 31 ? number : undefined;
}

/**
 * Reads a time of the service: ISO 8601, up to seven decimals, in UTC if it names no zone. The years 1 and 9999, in the
 * text or in UTC, are the bounds of .NET's DateTime, which the service uses for a missing time.
 */
export function dateOf(value: unknown): Date | undefined {
  const match =
    typeof value === 'string' && value.length <= MAX_TIME_LENGTH
      ? /^(\d{4})-\d\d-\d\d(T[\d:.]+)?(Z|[+-]\d\d:?\d\d)?$/i.exec(value.trim())
      : null;
  if (!match || match[1] === '0001' || match[1] === '9999') return undefined;
  const zoned = match[2] !== undefined && match[3] === undefined ? `${match[0]}Z` : match[0];
  const date = new Date(zoned);
  const year = date.getUTCFullYear();
  return year > 1 && year < 9999 ? date : undefined;
}

const objectOf = (value: unknown): HubDocument | undefined => (isPlainObject(value) ? value : undefined);

/** Returns an object for look-ups, cut to its first fields if it has more than any version of the service. */
function fieldsOf(value: unknown): HubDocument | undefined {
  const object = objectOf(value);
  if (!object) return undefined;
  const names = Object.keys(object);
  if (names.length <= MAX_FIELDS) return object;
  return Object.fromEntries(names.slice(0, MAX_FIELDS).map((name) => [name, object[name]]));
}
