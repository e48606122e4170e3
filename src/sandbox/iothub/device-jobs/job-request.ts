import { isPlainObject } from '../../../core/objects.js';
import { MAX_QUERY_CHARACTERS } from '../../../hub-query/parse.js';
import { argumentInvalid, ServiceError } from '../answers/service-error.js';
import { readMethodRequest } from '../methods/method-request.js';
import { readTwinChange } from '../twins/twins.js';
import { readWholeNumber } from '../answers/wire-values.js';
import type { JobDefinition, JobTask, JobType } from './job.js';

type Json = Readonly<Record<string, unknown>>;

const DEFAULT_EXECUTION_SECONDS = 3600;
const MAX_EXECUTION_SECONDS = 30 * 24 * 3600;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/u;

/**
 * Reads the body of a job's PUT.
 * @param strict rejects `null` where the service requires a value (azure-iot-sdk-node #847); otherwise null means absent.
 * @throws ServiceError ArgumentInvalid, GenericBadRequest, MessageTooLarge
 */
export function readJobRequest(jobId: string, body: Json, strict: boolean): JobDefinition {
  if (body['jobId'] !== undefined && body['jobId'] !== jobId) {
    throw argumentInvalid('jobId in the body differs from the one in the path.');
  }
  const type = readType(body['type']);
  const taskBody = body[type === 'scheduleDeviceMethod' ? 'cloudToDeviceMethod' : 'updateTwin'];
  const definition: JobDefinition = {
    jobId,
    type,
    queryCondition: readCondition(body['queryCondition']),
    startMs: readStart(present('startTime', body['startTime'], strict)),
    maxExecutionSeconds: readMaxExecution(
      present('maxExecutionTimeInSeconds', body['maxExecutionTimeInSeconds'], strict),
    ),
    body: isPlainObject(taskBody) ? taskBody : {},
  };
  taskOf(definition);
  return definition;
}

/** Returns the operation for each device. @throws ServiceError as readJobRequest does */
export function taskOf({ type, body }: JobDefinition): JobTask {
  if (type === 'scheduleUpdateTwin') {
    checkTwinEtag(body['etag']);
    return { kind: 'twin', ...readTwinChange(body) };
  }
  const request = readMethodRequest(body);
  return {
    kind: 'method',
    ...request,
    connectTimeoutMs: request.connectTimeoutMs === 0 ? Infinity : request.connectTimeoutMs,
  };
}

function readType(given: unknown): JobType {
  if (given === undefined || given === null) throw argumentInvalid('type is missing.');
  const name = typeof given === 'string' ? given.toLowerCase() : '';
  const type = (['scheduleDeviceMethod', 'scheduleUpdateTwin'] as const).find((known) => known.toLowerCase() === name);
  if (type === undefined) {
    throw new ServiceError('GenericBadRequest', 'type must be scheduleDeviceMethod or scheduleUpdateTwin.');
  }
  return type;
}

function readCondition(given: unknown): string {
  if (given === undefined) return '*';
  if (typeof given !== 'string') throw argumentInvalid('queryCondition must be a string; * means all devices.');
  if (given.length <= MAX_QUERY_CHARACTERS) return given;
  throw argumentInvalid(`queryCondition has ${given.length} characters; at most ${MAX_QUERY_CHARACTERS} are allowed.`);
}

function present(name: string, given: unknown, strict: boolean): unknown {
  if (given !== null) return given;
  if (strict) throw argumentInvalid(`${name} must not be null; omit it or set a value.`);
  return undefined;
}

function readStart(given: unknown): number | undefined {
  if (given === undefined || given === '') return undefined;
  const startMs = typeof given === 'string' && ISO_TIME.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(startMs) || !isInCalendar(given as string)) {
    throw argumentInvalid('startTime must be a time in ISO 8601 form, such as 2026-01-31T08:00:00Z.');
  }
  return startMs;
}

/** Date.parse reads February 30 as March 2, and 24:00 as the next day. */
function isInCalendar(isoTime: string): boolean {
  const [day, hour] = [isoTime.slice(0, 10), isoTime.slice(11, 13)];
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) && hour !== '24';
}

function readMaxExecution(given: unknown): number {
  if (given === undefined) return DEFAULT_EXECUTION_SECONDS;
  const seconds = readWholeNumber(given);
  if (seconds !== undefined && seconds >= 1 && seconds <= MAX_EXECUTION_SECONDS) return seconds;
  throw argumentInvalid(`maxExecutionTimeInSeconds must be an integer from 1 to ${MAX_EXECUTION_SECONDS}.`);
}

function checkTwinEtag(etag: unknown): void {
  if (etag === '*') return;
  throw new ServiceError(
    'ArgumentInvalid',
    "Missing or invalid etag for job type ScheduleUpdateTwin. A twin job forces the update and takes only '*' as the etag.",
    { form: 'wrapped' },
  );
}
