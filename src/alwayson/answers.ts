import { ERROR_CODES, type ErrorCodeEntry, type RefusalStatus } from '../core/error-codes.js';
import { AgentError } from '../core/errors.js';
import { CODE } from './codec/codes.js';
import { TypedCell, type InfoTable } from './codec/values-model.js';
import type { ResponseBody } from './codec/message.js';

/** A response before it is encoded: the code for its header, and its body [AO 7]. */
export interface Answer {
  readonly code: RefusalStatus | typeof CODE.SUCCESS;
  readonly body: ResponseBody;
}

/** A longer reason explains nothing more, and the response must fit one message. */
const MAX_REASON_LENGTH = 4_000;

/** A success (0x40) with a table or without content. */
export function success(content: InfoTable | null): Answer {
  return { code: CODE.SUCCESS, body: { kind: 'response', reason: null, content } };
}

/** An error status with a reason [AO 7.1]. */
export function refusal(code: RefusalStatus, reason: string): Answer {
  return { code, body: { kind: 'response', reason: reason.slice(0, MAX_REASON_LENGTH), content: null } };
}

/**
 * The response to a request that failed with `error`: the status of its code, and its reason. An error without a status
 * is a defect: its text stays in the log, and the other end receives only the correlation id to look for.
 */
export function failure(error: unknown, correlationId: string): Answer {
  const status = statusOf(error);
  if (status !== undefined && error instanceof AgentError) return refusal(status, error.reason);
  const internal = new AgentError(
    'Internal',
    `The agent failed. Its log has more under the correlation id ${correlationId}.`,
  );
  return refusal(CODE.INTERNAL_SERVER_ERROR, internal.reason);
}

/** The AlwaysOn status for an error; undefined for one that is a defect of the agent. */
export function statusOf(error: unknown): RefusalStatus | undefined {
  if (!(error instanceof AgentError) || error.code === 'Internal') return undefined;
  if (error.code === 'HubRejected' && isClientError(error.context['httpStatus'])) return CODE.BAD_REQUEST;
  const entry: ErrorCodeEntry = ERROR_CODES[error.code];
  return entry.status;
}

function isClientError(httpStatus: unknown): boolean {
  return typeof httpStatus === 'number' && httpStatus >= 400 && httpStatus < 500;
}

/** The response to a request that could not be decoded [AO 4.4, 7.3]. */
export function unreadable(error: AgentError): Answer {
  return refusal(CODE.BAD_REQUEST, error.reason);
}

/**
 * Why the other end refused a request: its reason, or the text that C SDK edges put into a table instead [AO 7.2], or
 * the name of the code.
 */
export function reasonOf(code: number, body: ResponseBody): string {
  if (body.reason) return body.reason;
  for (const name of ['reason', 'message', 'result']) {
    const text = firstText(body.content, name);
    if (text) return text;
  }
  return codeName(code);
}

function firstText(content: InfoTable | null, name: string): string | undefined {
  const index = content?.fields.findIndex((field) => field.name === name) ?? -1;
  const cell = index < 0 ? undefined : content?.rows[0]?.[index];
  const value = cell instanceof TypedCell ? cell.value : cell;
  return typeof value === 'string' ? value : undefined;
}

function codeName(code: number): string {
  const name = Object.entries(CODE).find(([, value]) => value === code)?.[0];
  return name ?? `status 0x${code.toString(16)}`;
}
