import { Buffer } from 'node:buffer';
import { stringifyJson } from '../../core/exact-json.js';
import type { JobResult } from '../../iothub/documents.js';
import type { FailureState } from './device-states.js';

/** The outcome of a hub job for one device. JSON values only, because it is kept in the store. */
export interface DeviceOutcome {
  readonly state: 'succeeded' | FailureState;
  readonly methodStatus?: number;
  /** JSON text of the response to the method, which can be `null`; absent if there was none or it is too long. */
  readonly methodPayload?: string;
  readonly methodPayloadTruncated?: true;
  readonly errorCode?: string;
  readonly errorDescription?: string;
}

/** Longer responses to methods are not kept: 100,000 of 128 KiB would be 12.8 GB. */
const MAX_PAYLOAD_BYTES = 4096;
const MAX_CODE_LENGTH = 80;
const MAX_DESCRIPTION_LENGTH = 500;
const FIRST_REFUSED_STATUS = 400;

/**
 * States by error code, which hubs write as a name or as a number. After a code of `timedOut` the method may have run; only
 * after one of `offline` it certainly has not.
 */
const STATE_OF_CODE: Readonly<Record<string, FailureState>> = {
  GatewayTimeout: 'timedOut',
  '504101': 'timedOut',
  DeviceConnectionClosedRemotely: 'timedOut',
  '404104': 'timedOut',
  JobTimedOut: 'timedOut',
  DeviceNotOnline: 'offline',
  '404103': 'offline',
  DeviceNotFound: 'notFound',
  '404001': 'notFound',
};

/** Reads the outcome from a row of `devices.jobs`. A row without an outcome is a failure without a code. */
export function outcomeOfRow(row: JobResult): DeviceOutcome {
  if ((row.status ?? '').toLowerCase() === 'completed') return completed(row);
  const code = row.errorCode?.slice(0, MAX_CODE_LENGTH);
  return {
    state: (code !== undefined && Object.hasOwn(STATE_OF_CODE, code) && STATE_OF_CODE[code]) || 'failed',
    ...(code === undefined ? {} : { errorCode: code }),
    ...(row.errorDescription === undefined
      ? {}
      : { errorDescription: row.errorDescription.slice(0, MAX_DESCRIPTION_LENGTH) }),
  };
}

function completed(row: JobResult): DeviceOutcome {
  const { methodStatus } = row;
  if (methodStatus === undefined) return { state: 'succeeded' };
  return {
    state: methodStatus >= FIRST_REFUSED_STATUS ? 'refused' : 'succeeded',
    methodStatus,
    ...keptPayload(row.methodPayload),
  };
}

function keptPayload(payload: unknown): Pick<DeviceOutcome, 'methodPayload' | 'methodPayloadTruncated'> {
  const text = stringifyJson(payload);
  if (text === undefined) return {};
  return Buffer.byteLength(text) > MAX_PAYLOAD_BYTES ? { methodPayloadTruncated: true } : { methodPayload: text };
}
