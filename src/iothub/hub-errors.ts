/**
 * Converts refusals of the hub to AgentErrors. The code is read from all forms of the body and from the header, never from
 * the SDK's error class, which maps many codes to the wrong name [HUB A.3].
 */
import type { ErrorCode } from '../core/error-codes.js';
import { AgentError } from '../core/errors.js';

/** An HTTP response with a status of 300 or above. */
export interface HubRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The content of a refusal. */
export interface HubFailure {
  readonly status: number;
  /** All names and numbers of error codes in the response, the innermost first. */
  readonly codes: readonly string[];
  readonly message: string;
  readonly trackingId?: string;
}

const MAX_MESSAGE_LENGTH = 400;
const MAX_NESTING = 3;

/** Azure codes that are more specific than the HTTP status, by name and number. */
const BY_AZURE_CODE: Readonly<Record<string, ErrorCode>> = {
  ThrottlingMaxActiveJobCountExceeded: 'HubJobQuotaExceeded',
  '429004': 'HubJobQuotaExceeded',
  ThrottlingException: 'HubThrottled',
  '429001': 'HubThrottled',
  ThrottleBacklogLimitExceeded: 'HubThrottled',
  '429002': 'HubThrottled',
  ThrottlingBacklogTimeout: 'HubThrottled',
  '429003': 'HubThrottled',
  JobNotFound: 'JobNotFound',
  '404002': 'JobNotFound',
  JobAlreadyExists: 'JobAlreadyExists',
  '409104': 'JobAlreadyExists',
  DeviceJobAlreadyExists: 'JobAlreadyExists',
  '409103': 'JobAlreadyExists',
  OperationNotAllowedInCurrentState: 'JobNotCancellable',
  '405102': 'JobNotCancellable',
  IotHubUnauthorized: 'HubUnauthorized',
  '401003': 'HubUnauthorized',
  IotHubUnauthorizedAccess: 'HubUnauthorized',
  '401002': 'HubUnauthorized',
  DeviceNotFound: 'DeviceNotFound',
  '404001': 'DeviceNotFound',
  ModuleNotFound: 'DeviceNotFound',
  '404010': 'DeviceNotFound',
  DeviceNotOnline: 'DeviceOffline',
  '404103': 'DeviceOffline',
  DeviceConnectionClosedRemotely: 'DeviceOffline',
  '404104': 'DeviceOffline',
  DeviceAlreadyExists: 'DeviceAlreadyExists',
  '409001': 'DeviceAlreadyExists',
  PreconditionFailed: 'TwinConflict',
  '412001': 'TwinConflict',
  BadDeviceResponse: 'BadDeviceResponse',
};

/** HTTP statuses after which the same request may succeed. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** Reads a refusal; anything malformed in it is ignored. */
export function readRefusal(refusal: HubRefusal): HubFailure {
  const found: Found = { codes: [], messages: [], trackingId: undefined };
  readBody(parseObject(refusal.body), found, 0);
  const header = refusal.headers['iothub-errorcode'];
  const codes = [...found.codes].reverse();
  if (typeof header === 'string' && header !== '' && !codes.includes(header)) codes.push(header);
  const trackingId = found.trackingId;
  return {
    status: refusal.status,
    codes,
    message: tidy(found.messages.at(-1) ?? ''),
    ...(trackingId !== undefined && { trackingId }),
  };
}

/** Returns the AgentError for a refusal. `context.transient` is true if a retry may succeed. */
export function refusalError(refusal: HubRefusal): AgentError {
  const failure = readRefusal(refusal);
  const code = codeOf(failure);
  return new AgentError(code, `${sentenceFor(code, failure)}${detailsOf(failure)}`, {
    retryable: code === 'HubThrottled' || code === 'HubJobQuotaExceeded' || code === 'HubUnavailable',
    context: {
      httpStatus: failure.status,
      transient: TRANSIENT_STATUSES.has(failure.status) && (code === 'HubThrottled' || code === 'HubUnavailable'),
      ...(failure.codes[0] !== undefined && { azureCode: failure.codes[0] }),
      ...(failure.message !== '' && { azureMessage: failure.message }),
      ...(failure.trackingId !== undefined && { trackingId: failure.trackingId }),
    },
  });
}

function codeOf(failure: HubFailure): ErrorCode {
  for (const azureCode of failure.codes) {
    const code = Object.hasOwn(BY_AZURE_CODE, azureCode) ? BY_AZURE_CODE[azureCode] : undefined;
    if (code !== undefined) return code;
  }
  if (failure.status === 429) return 'HubThrottled';
  if (failure.status === 401 || (failure.status === 403 && failure.codes.length === 0)) return 'HubUnauthorized';
  return failure.status >= 500 ? 'HubUnavailable' : 'HubRejected';
}

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  HubJobQuotaExceeded:
    'The tier of the hub does not allow more concurrent jobs; wait until one has ended, or raise the tier',
  HubThrottled: 'The hub throttles the agent; call less often, or raise the tier or the number of units',
  HubUnauthorized:
    "The hub rejects the agent's credentials, or they lack a right; check the connection string, its policy, and the clock of the agent's machine",
  JobNotFound: 'The hub does not know this job id; check it, or list jobs with FindJobs',
  JobAlreadyExists: 'Another job has this id; omit jobId, or choose another one',
  JobNotCancellable: 'Only jobs that are queued, scheduled or pending can be cancelled',
};

function sentenceFor(code: ErrorCode, failure: HubFailure): string {
  return (
    SENTENCES[code] ??
    (code === 'HubUnavailable'
      ? `The hub answered with HTTP status ${failure.status}; repeat the call later`
      : `The hub refused the request with HTTP status ${failure.status}`)
  );
}

/** The end of a sentence about a refusal, with Azure's code, message and tracking id in parentheses. */
export function detailsOf(failure: Omit<HubFailure, 'status'>): string {
  const parts: string[] = [];
  if (failure.codes.length > 0) parts.push(`Azure code ${[...new Set(failure.codes)].join(', ')}`);
  if (failure.message !== '') parts.push(`Azure says: ${failure.message}`);
  if (failure.trackingId !== undefined) parts.push(`tracking id ${failure.trackingId}`);
  return parts.length === 0 ? '.' : ` (${parts.join('; ')}).`;
}

/** Codes and messages that have been found, the outermost first. */
interface Found {
  readonly codes: string[];
  readonly messages: string[];
  trackingId: string | undefined;
}

function readBody(body: Readonly<Record<string, unknown>> | undefined, found: Found, depth: number): void {
  if (!body || depth > MAX_NESTING) return;
  findTrackingId(body['ExceptionMessage'], found);
  if (typeof body['trackingId'] === 'string' && body['trackingId'] !== '')
    found.trackingId ??= tidy(body['trackingId']);
  pushCode(body['errorCode'], found);
  const text = body['Message'] ?? body['message'];
  if (typeof text === 'string') readMessage(text, found, depth);
}

/** Reads a message: `ErrorCode:<name>;<text>`, JSON within the text, or a whole body of the first form at its end. */
function readMessage(text: string, found: Found, depth: number): void {
  findTrackingId(text, found);
  const inner = parseObject(text.slice(Math.max(0, text.indexOf('{'))));
  const ownText = inner ? text.slice(0, text.indexOf('{')) : text;
  const match = /^\s*ErrorCode:\s*([\w.-]{1,80})\s*(?:;\s*([\s\S]*))?$/.exec(ownText);
  if (match) pushCode(match[1], found);
  const message = match ? (match[2] ?? '') : ownText;
  if (message.trim() !== '') found.messages.push(message);
  readBody(inner, found, depth + 1);
}

function pushCode(code: unknown, found: Found): void {
  const text = typeof code === 'number' && Number.isSafeInteger(code) ? String(code) : code;
  if (typeof text === 'string' && /^[\w.-]{1,80}$/.test(text)) found.codes.push(text);
}

function findTrackingId(text: unknown, found: Found): void {
  if (found.trackingId !== undefined || typeof text !== 'string') return;
  found.trackingId = /Tracking ID:\s*([\w:-]{8,80}?)(?=-TimeStamp|[^\w:-]|$)/i.exec(text)?.[1];
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns a string on one line, with bounded length. */
function tidy(text: string): string {
  const line = text
    // oxlint-disable-next-line no-control-regex -- control characters must not reach a log or a screen
    .replace(/[\u0000-\u001f\u007f\s]+/g, ' ')
    .trim();
  return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}...` : line;
}
