/** How a direct call to one device ends. Pure. */
import { type AgentError, isAgentError } from '../../core/errors.js';
import type { MethodResponse } from '../../iothub/device-ports.js';
import { isAnswerLost } from '../../iothub/retry.js';
import { type DeviceOutcome, outcomeOfRow } from './device-outcome.js';

export type CallEnd =
  | { readonly kind: 'outcome'; readonly outcome: DeviceOutcome }
  /** The device was certainly not called, because the hub is away or throttles. */
  | { readonly kind: 'notCalled' }
  /** The hub refuses the call for good, whatever the device. */
  | { readonly kind: 'rejected'; readonly error: AgentError };

/** Codes of errors after which it is known what has happened to the device, with the names that results of jobs have. */
const OUTCOMES: Readonly<Record<string, DeviceOutcome>> = {
  DeviceNotFound: {
    state: 'notFound',
    errorCode: 'NotInHub',
    errorDescription: 'The hub has no device with this id.',
  },
  DeviceOffline: { state: 'offline', errorCode: 'DeviceNotOnline' },
  DeviceTimeout: { state: 'timedOut', errorCode: 'GatewayTimeout' },
  BadDeviceResponse: { state: 'failed', errorCode: 'BadDeviceResponse' },
};
const HUB_AWAY: ReadonlySet<string> = new Set(['HubThrottled', 'HubUnavailable', 'HubTimeout', 'HubUnauthorized']);
const REJECTED: ReadonlySet<string> = new Set(['HubRejected', 'InvalidArgument']);

/** The outcome of a call whose end is unknown, because the process that made it has ended. */
export const INTERRUPTED: DeviceOutcome = {
  state: 'timedOut',
  errorCode: 'CallInterrupted',
  errorDescription: 'The agent was stopped during the call, so it is unknown whether the device was called.',
};

export function endOfResponse({ status, payload }: MethodResponse): CallEnd {
  const outcome = outcomeOfRow({ status: 'completed', methodStatus: status, methodPayload: payload });
  return { kind: 'outcome', outcome };
}

/** A call is repeated by itself only if the device was certainly not called. */
export function endOfError(error: unknown): CallEnd {
  if (!isAgentError(error)) return failed('Internal', String(error));
  const known = OUTCOMES[error.code];
  if (known) return { kind: 'outcome', outcome: known };
  if (isAnswerLost(error))
    return { kind: 'outcome', outcome: { state: 'timedOut', errorCode: error.code, errorDescription: error.reason } };
  if (HUB_AWAY.has(error.code)) return { kind: 'notCalled' };
  return REJECTED.has(error.code) ? { kind: 'rejected', error } : failed(error.code, error.reason);
}

const failed = (errorCode: string, errorDescription: string): CallEnd => ({
  kind: 'outcome',
  outcome: { state: 'failed', errorCode, errorDescription: errorDescription.slice(0, 500) },
});
