/** Converts failures of requests about one device to the codes that callers know [HUB A.6, A.8]. */
import type { ErrorCode } from '../core/error-codes.js';
import { AgentError, type ErrorContext, isAgentError } from '../core/errors.js';
import { isPlainObject } from '../core/objects.js';
import { scrubber } from '../core/scrub.js';
import { isTooLong } from './connection-errors.js';
import type { DeviceAddress, DeviceOperations } from './device-ports.js';
import { find, type HubDocument, textOf } from './documents.js';
import { detailsOf } from './hub-errors.js';

export type DeviceOperation = keyof DeviceOperations;

/** Azure codes for a device that was connected when the call began and may therefore have received it. */
const CLOSED_CODES: ReadonlySet<unknown> = new Set(['DeviceConnectionClosedRemotely', '404104']);

/** Error codes for statuses without an Azure code. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'DeviceNotFound',
  409: 'DeviceAlreadyExists',
  412: 'TwinConflict',
};

const SENTENCES: Partial<Record<ErrorCode, (name: string) => string>> = {
  DeviceNotFound: (name) => `The hub does not know the ${name}; check the id, or find it with QueryDevices`,
  DeviceOffline: (name) =>
    `The ${name} is not connected; repeat the call when it is, or set connectTimeoutInSeconds to wait for it`,
  DeviceTimeout: (name) =>
    `The ${name} did not respond in time, or has no handler for this method; raise responseTimeoutInSeconds or check the device`,
  DeviceAlreadyExists: (name) => `The hub already has a ${name}; choose another id, or read the device with GetDevice`,
  TwinConflict: (name) => `The ${name} was changed after its etag was read; read it again and repeat the call`,
  BadDeviceResponse: (name) => `The hub could not read the response of the ${name}; check what the device sends`,
};

/** Returns the error of a call about one device; errors about the hub as a whole are returned unchanged. */
export function deviceError(error: unknown, operation: DeviceOperation, target: DeviceAddress): unknown {
  if (!isAgentError(error)) return error;
  if (operation === 'invokeMethod' && isTooLong(error)) return badDeviceResponse('is longer than the agent reads');
  const code = codeOf(error, operation);
  const sentence = SENTENCES[code]?.(nameOf(target));
  if (sentence === undefined) return error;
  const wasConnected = CLOSED_CODES.has(error.context['azureCode']);
  const hasReached = wasConnected || code === 'DeviceTimeout' || code === 'BadDeviceResponse';
  return new AgentError(code, `${sentence}${refusalDetails(error)}`, {
    cause: error,
    context: { ...error.context, transient: false, ...(hasReached && { answerLost: true }) },
  });
}

/** Returns the error for a response of a device that the protocol does not allow. @param problem follows "The response of the device". */
export function badDeviceResponse(problem: string): AgentError {
  return new AgentError('BadDeviceResponse', `The response of the device ${problem}; check what the device sends.`, {
    context: { answerLost: true },
  });
}

/** Removes the keys of an identity from the error of its write, since a hub may repeat them in a refusal. */
export function withoutKeys(error: unknown, identity: HubDocument): unknown {
  const keys = keysOf(identity);
  if (!isAgentError(error) || Object.keys(keys).length === 0) return error;
  const scrub = scrubber(Object.values(keys));
  const context = Object.entries(error.context).map(([name, value]) => [
    name,
    typeof value === 'string' ? scrub(value) : value,
  ]);
  return new AgentError(error.code, scrub(error.message), {
    retryable: error.retryable,
    context: Object.fromEntries(context) as ErrorContext,
  });
}

/** Returns the symmetric keys of an identity, `primaryKey` and `secondaryKey`; none for certificates. */
export function keysOf(identity: HubDocument): Record<string, string> {
  const authentication = find(identity, 'authentication');
  const keys = isPlainObject(authentication) ? find(authentication, 'symmetricKey') : undefined;
  if (!isPlainObject(keys)) return {};
  return Object.fromEntries(
    ['primaryKey', 'secondaryKey'].flatMap((name) => {
      const key = textOf(find(keys, name));
      return key === undefined || key === '' ? [] : [[name, key]];
    }),
  );
}

function codeOf(error: AgentError, operation: DeviceOperation): ErrorCode {
  const { azureCode, httpStatus } = error.context;
  // To a method, the hub responds with 504 if the device does not respond; elsewhere, 504 means that the hub does not.
  if (operation === 'invokeMethod' && (httpStatus === 504 || httpStatus === 408)) return 'DeviceTimeout';
  const isBare = error.code === 'HubRejected' && azureCode === undefined && typeof httpStatus === 'number';
  return (isBare ? BY_STATUS[httpStatus] : undefined) ?? error.code;
}

function nameOf({ deviceId, moduleId }: DeviceAddress): string {
  return moduleId === undefined ? `device ${deviceId}` : `module ${moduleId} of the device ${deviceId}`;
}

function refusalDetails({ context }: AgentError): string {
  const { azureCode, azureMessage, trackingId } = context;
  return detailsOf({
    codes: azureCode === undefined ? [] : [String(azureCode)],
    message: String(azureMessage ?? ''),
    ...(trackingId !== undefined && { trackingId: String(trackingId) }),
  });
}
