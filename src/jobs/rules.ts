/**
 * The checks of parameters, all made before the hub is asked. Each throws AgentError `InvalidArgument` with a sentence
 * that names the parameter and says what it must be.
 */
import { AgentError } from '../core/errors.js';
import type { HubDocument } from '../iothub/ports.js';
import { METHOD_JOB, TWIN_JOB } from './outcome.js';

export const MAX_PAYLOAD_BYTES = 128 * 1024;
export const MAX_METHOD_NAME_LENGTH = 100;
export const DEFAULT_MAX_EXECUTION_SECONDS = 3600;
export const DEFAULT_RESPONSE_TIMEOUT_SECONDS = 30;

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

/** A refusal that names its parameter. */
export function invalidArgument(parameter: string, problem: string): AgentError {
  return new AgentError('InvalidArgument', `Parameter ${parameter} ${problem}.`, { context: { parameter } });
}

/** An optional text that is empty counts as absent. */
export function textOrAbsent(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

export function checkJobId(jobId: string | undefined): string {
  if (textOrAbsent(jobId) === undefined) throw invalidArgument('jobId', 'is missing; give the id of a job');
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

export function checkPayload(payload: unknown): void {
  if (payload === undefined) return;
  const bytes = Buffer.byteLength(JSON.stringify(payload) ?? '', 'utf8');
  if (bytes > MAX_PAYLOAD_BYTES)
    throw invalidArgument('payload', `has ${bytes} bytes of JSON; at most ${MAX_PAYLOAD_BYTES} are allowed`);
}

export interface CheckedPatch {
  readonly patch: HubDocument;
  /** `properties.reported` was there and has been taken out. */
  readonly hadReported: boolean;
}

/** The patch of a twin job: `tags` and/or `properties.desired`, nothing else but a `properties.reported` without effect. */
export function checkPatch(input: unknown): CheckedPatch {
  if (input === undefined || input === null || input === '')
    throw invalidArgument('patch', `is missing; ${PATCH_FORM}`);
  const patch = objectOf(input, 'patch');
  refuseOtherKeys(patch, ['tags', 'properties'], 'patch');
  const tags = sectionOf(patch, 'tags', 'patch.tags');
  const properties = sectionOf(patch, 'properties', 'patch.properties') ?? {};
  refuseOtherKeys(properties, ['desired', 'reported'], 'patch.properties');
  const desired = sectionOf(properties, 'desired', 'patch.properties.desired');
  if (tags === undefined && desired === undefined)
    throw invalidArgument('patch', `has neither tags nor properties.desired; ${PATCH_FORM}`);
  return {
    patch: {
      ...(tags === undefined ? {} : { tags }),
      ...(desired === undefined ? {} : { properties: { desired } }),
    },
    hadReported: Object.hasOwn(properties, 'reported'),
  };
}

const PATCH_FORM = 'it must be an object with tags and/or properties.desired';

function sectionOf(parent: HubDocument, key: string, name: string): HubDocument | undefined {
  if (!Object.hasOwn(parent, key)) return undefined;
  return objectOf(parent[key], 'patch', name);
}

function objectOf(value: unknown, parameter: string, where: string = parameter): HubDocument {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgument(parameter, `is wrong: ${where} must be a JSON object`);
  return value as HubDocument;
}

function refuseOtherKeys(object: HubDocument, allowed: readonly string[], where: string): void {
  const other = Object.keys(object).find((key) => !allowed.includes(key));
  if (other === undefined) return;
  const shown = JSON.stringify(other.slice(0, 80));
  throw invalidArgument('patch', `has a key ${shown} in ${where}; only ${allowed.join(' and ')} are allowed there`);
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

/** The status filter of FindJobs in the spelling of the service. */
export function checkJobStatus(status: string | undefined): string | undefined {
  const given = textOrAbsent(status);
  return oneOf('status', given?.toLowerCase() === 'canceled' ? 'cancelled' : given, STATUSES);
}

function oneOf(parameter: string, value: string | undefined, allowed: readonly string[]): string | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((name) => name.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw invalidArgument(parameter, `must be one of ${allowed.join(', ')}, in any case`);
  return found;
}
