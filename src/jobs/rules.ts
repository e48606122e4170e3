/**
 * The checks of parameters, all made before the hub is asked. Each throws AgentError `InvalidArgument` with a sentence
 * that names the parameter and says what it must be.
 */
import { AgentError } from '../core/errors.js';
import { METHOD_JOB, TWIN_JOB } from './outcome.js';

export const MAX_METHOD_NAME_LENGTH = 100;
export const DEFAULT_MAX_EXECUTION_SECONDS = 3600;
export const DEFAULT_RESPONSE_TIMEOUT_SECONDS = 30;

/** The statuses that FindJobs filters by. */
const STATUSES = [
  'scheduled',
  'pending',
  'running',
  'completed',
  'failed',
  'cancelled',
  'queued',
  'enqueued',
  'unknown',
] as const;

export type StatusFilter = (typeof STATUSES)[number];

/** A refusal that names its parameter. */
export function invalidArgument(parameter: string, problem: string): AgentError {
  return new AgentError('InvalidArgument', `Parameter ${parameter} ${problem}.`, { context: { parameter } });
}

/** An optional text that is empty counts as absent. */
export function textOrAbsent(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

export function checkJobId(jobId: string | undefined): string {
  if (textOrAbsent(jobId) === undefined) throw invalidArgument('jobId', 'is missing; pass the id of a job');
  if (!/^[A-Za-z0-9-]{1,64}$/.test(jobId as string))
    throw invalidArgument('jobId', 'must be 1 to 64 letters, digits and dashes');
  return jobId as string;
}

export function checkMethodName(methodName: string | undefined): string {
  const { length } = methodName ?? '';
  if (length < 1 || length > MAX_METHOD_NAME_LENGTH)
    throw invalidArgument('methodName', `must have 1 to ${MAX_METHOD_NAME_LENGTH} characters; it has ${length}`);
  return methodName as string;
}

export function checkStartTime(startTime: Date | undefined, nowMs: number): Date {
  if (startTime === undefined || startTime.getTime() < nowMs) return new Date(nowMs);
  return startTime;
}

/** A whole number within bounds, or `fallback` when it is absent. */
export function checkInteger(
  parameter: string,
  value: number | undefined,
  bounds: { readonly minimum: number; readonly maximum?: number },
): number | undefined {
  if (value === undefined) return undefined;
  const { minimum, maximum = 2 ** 31 - 1 } = bounds;
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    const range = bounds.maximum === undefined ? `at least ${minimum}` : `from ${minimum} to ${maximum}`;
    throw invalidArgument(parameter, `must be a whole number ${range}; it is ${String(value)}`);
  }
  return value;
}

/** The type filter of FindJobs in the spelling of the service. */
export function checkJobType(type: string | undefined): string | undefined {
  return oneOf('type', textOrAbsent(type), [METHOD_JOB, TWIN_JOB]);
}

/** The status filter of FindJobs in lower case, `canceled` as `cancelled`. */
export function checkJobStatus(status: string | undefined): StatusFilter | undefined {
  const given = textOrAbsent(status);
  return oneOf('status', given?.toLowerCase() === 'canceled' ? 'cancelled' : given, STATUSES);
}

function oneOf<T extends string>(parameter: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((name) => name.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw invalidArgument(parameter, `must be one of ${allowed.join(', ')}, in any case`);
  return found;
}
