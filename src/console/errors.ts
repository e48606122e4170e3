import { ERROR_CODES, type ErrorCode } from '../core/error-codes.js';
import { AgentError, isAgentError } from '../core/errors.js';
import { stringifyJson } from '../core/exact-json.js';
import type { Log } from '../core/log.js';
import type { ErrorAnswer } from './api/types.js';

/** The HTTP status of an error, by its code or by the end or begin of it; any other code is a defect. */
const STATUS: readonly (readonly [status: number, codes: RegExp])[] = [
  [400, /^(?:InvalidArgument|QueryInvalid)$/],
  [401, /^Unauthorized$/],
  [403, /^(?:Forbidden|StateRequired)$/],
  [404, /NotFound$|^Unknown/],
  [409, /AlreadyExists$|^(?:JobNotCancellable|RolloutStateConflict|TwinConflict)$/],
  [413, /^(?:BodyTooLarge|ResultTooLarge)$/],
  [421, /^Misdirected$/],
  [429, /^TooManyRequests$/],
  [502, /^(?:HubUnavailable|HubUnauthorized|HubRejected|BadDeviceResponse)$/],
  [
    503,
    /^(?:HubThrottled|HubJobQuotaExceeded|ServiceUnavailable|StoreUnavailable|StateUnwritable|LeaseLost|RolloutLimitReached|JobQueueFull|DeviceOffline)$/,
  ],
  [504, /^(?:HubTimeout|ServiceTimeout|DeviceTimeout)$/],
];

/** When a request that was refused for the moment may be repeated, unless the error says. */
const RETRY_AFTER_SECONDS = 5;

export function httpStatusOf(code: string): number {
  return STATUS.find(([, codes]) => codes.test(code))?.[0] ?? 500;
}

/** The response to a request that has failed. Anything but an AgentError is a defect, which is logged. */
export function errorResponse(error: unknown, log: Log, correlationId: string): Response {
  const known = isAgentError(error) ? error : defect(error, log, correlationId);
  const status = httpStatusOf(known.code);
  return jsonResponse(status, errorAnswer(known.code, known.message), retryAfter(status, known));
}

function errorAnswer(code: ErrorCode, message: string): ErrorAnswer {
  return { error: { code, message, remedy: ERROR_CODES[code].remedy } };
}

function defect(error: unknown, log: Log, correlationId: string): AgentError {
  log.error({ err: error, correlationId }, 'a request to the console failed');
  return new AgentError(
    'Internal',
    `The request failed; the log has the reason under correlation id ${correlationId}.`,
  );
}

function retryAfter(status: number, { context }: AgentError): Readonly<Record<string, string>> {
  if (status !== 429 && status !== 503) return {};
  const seconds = context['waitSeconds'];
  return { 'retry-after': String(typeof seconds === 'number' ? Math.max(1, Math.ceil(seconds)) : RETRY_AFTER_SECONDS) };
}

/** A response of the API. Whole numbers beyond 2^53 keep their digits. */
export function jsonResponse(
  status: number,
  answer: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(stringifyJson(answer), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  });
}
