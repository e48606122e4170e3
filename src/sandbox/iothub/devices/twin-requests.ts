import { parseJson, stringifyJson } from '../../../core/exact-json.js';
import { type Log } from '../../../core/log.js';
import type { DeviceDirectory, EndpointId } from '../ports.js';
import { twinAnswerTopic } from './topics.js';

/** The response to a device that requested its twin or reported properties. */
export interface TwinAnswer {
  readonly topic: string;
  readonly payload: string;
}

/** Error numbers of the service (troubleshoot-error-codes); the first three digits are the status. */
const INVALID_PROTOCOL_VERSION = 400_001;
const ARGUMENT_INVALID = 400_004;
const SERVER_ERROR = 500_001;

/** Returns the whole twin in the form for devices: `desired` and `reported`, each with its `$version`. */
export function answerTwinGet(directory: DeviceDirectory, id: EndpointId, requestId: string): TwinAnswer {
  const { desired, reported } = directory.deviceTwin(id);
  return { topic: twinAnswerTopic(200, requestId), payload: stringifyJson({ desired, reported }) ?? '' };
}

/** Merges reported properties. Returns 204 with the new version and no body, or 4xx with an error body. */
export async function applyReported(
  directory: DeviceDirectory,
  id: EndpointId,
  request: { readonly requestId: string; readonly payload: Buffer },
): Promise<TwinAnswer> {
  const patch = readJson(request.payload);
  if (patch === undefined) return refusal(request.requestId, ARGUMENT_INVALID, 'The patch is not JSON.');
  const { status, version, body } = await directory.patchReported(id, patch);
  return {
    topic: twinAnswerTopic(status, request.requestId, version),
    payload: body === undefined ? '' : JSON.stringify(body),
  };
}

/** The response to a request that failed; the cause is only logged. */
export function brokenAnswer(requestId: string, error: unknown, log: Log): TwinAnswer {
  log.warn({ err: error }, 'a twin request of a device failed');
  return refusal(requestId, SERVER_ERROR, 'The request failed inside the hub; see its log.');
}

/** The response to a device whose user name has no api-version. */
export const versionMissing = (requestId: string): TwinAnswer =>
  refusal(
    requestId,
    INVALID_PROTOCOL_VERSION,
    'The user name of the connection has no api-version; append /?api-version=2021-04-12 to it.',
  );

function refusal(requestId: string, errorCode: number, message: string): TwinAnswer {
  const payload = JSON.stringify({ errorCode, message, timestampUtc: new Date().toISOString() });
  return { topic: twinAnswerTopic(Math.trunc(errorCode / 1000), requestId), payload };
}

function readJson(payload: Buffer): unknown {
  try {
    return parseJson(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
