import { type Log } from '../../../core/log.js';
import type { DeviceDirectory, EndpointId } from '../ports.js';
import { twinAnswerTopic } from './topics.js';

/** What goes back to a device that has asked for its twin, or has reported. */
export interface TwinAnswer {
  readonly topic: string;
  readonly payload: string;
}

const BAD_REQUEST = 400;
const SERVER_ERROR = 500;

/** The whole twin as devices get it: `desired` and `reported` beside each other, each with its `$version`. */
export function answerTwinGet(directory: DeviceDirectory, id: EndpointId, requestId: string): TwinAnswer {
  const { desired, reported } = directory.deviceTwin(id);
  return { topic: twinAnswerTopic(200, requestId), payload: JSON.stringify({ desired, reported }) };
}

/** Merges what a device reports. 204 with the new version and no body; 4xx with an error body for a bad patch. */
export async function applyReported(
  directory: DeviceDirectory,
  id: EndpointId,
  request: { readonly requestId: string; readonly payload: Buffer },
): Promise<TwinAnswer> {
  const patch = parseJson(request.payload);
  if (patch === undefined) return refusal(request.requestId, BAD_REQUEST, 'The patch is not JSON.');
  const { status, version, body } = await directory.patchReported(id, patch);
  return {
    topic: twinAnswerTopic(status, request.requestId, version),
    payload: body === undefined ? '' : JSON.stringify(body),
  };
}

/** The answer when something broke; what it was goes to the log only. */
export function brokenAnswer(requestId: string, error: unknown, log: Log): TwinAnswer {
  log.warn({ err: error }, 'a twin request of a device failed');
  return refusal(requestId, SERVER_ERROR, 'The request could not be carried out.');
}

function refusal(requestId: string, status: number, message: string): TwinAnswer {
  const errorCode = status === BAD_REQUEST ? 400_004 : 500_001;
  const payload = JSON.stringify({ errorCode, message, timestampUtc: new Date().toISOString() });
  return { topic: twinAnswerTopic(status, requestId), payload };
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
