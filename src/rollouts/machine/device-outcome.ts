import { Buffer } from 'node:buffer';
import { stringifyJson } from '../../core/exact-json.js';
import type { JobResult } from '../../iothub/documents.js';
import type { FailureState } from './device-states.js';

/** What a hub job did to one device. JSON only: it is kept in the store. */
export interface DeviceOutcome {
  readonly state: 'succeeded' | FailureState;
  readonly methodStatus?: number;
  /** JSON text of the method's answer, `null` too; absent if there was none or it is too long. */
  readonly methodPayload?: string;
  readonly methodPayloadTruncated?: true;
  readonly errorCode?: string;
  readonly errorDescription?: string;
}

/** A method's answer is kept up to this many bytes of JSON: 100,000 answers of 128 KiB would be 12.8 GB. */
const MAX_PAYLOAD_BYTES = 4096;
const MAX_CODE_LENGTH = 80;
const MAX_DESCRIPTION_LENGTH = 500;
const FIRST_REFUSED_STATUS = 400;

/** Error codes by name and number. The first three say that the call may have run; only `offline` says that it has not. */
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

/** The outcome of one row of `devices.jobs`. A row that does not say how it ended is a failure without a code. */
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
