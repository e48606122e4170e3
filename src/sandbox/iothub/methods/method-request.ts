import { stringifyJson } from '../../../core/exact-json.js';
import { argumentInvalid, ServiceError } from '../answers/service-error.js';
import { readWholeNumber } from '../answers/wire-values.js';

type Json = Readonly<Record<string, unknown>>;

const MAX_NAME_CHARACTERS = 100;
const MAX_PAYLOAD_BYTES = 128 * 1024;
/** Names become a part of an MQTT topic. */
// eslint-disable-next-line no-control-regex
const METHOD_NAME = /^[^\u0000-\u001f\u007f/+#?]+$/u;

export interface MethodRequest {
  readonly methodName: string;
  /** `undefined`: none was given. */
  readonly payload: unknown;
  readonly responseTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

/**
 * Reads the body of a direct method (devguide-direct-methods), or of a job's method.
 * @throws ServiceError ArgumentInvalid, MessageTooLarge
 */
export function readMethodRequest(body: Json): MethodRequest {
  const methodName = body['methodName'];
  if (typeof methodName !== 'string' || !METHOD_NAME.test(methodName) || methodName.length > MAX_NAME_CHARACTERS) {
    throw argumentInvalid(`methodName must have 1 to ${MAX_NAME_CHARACTERS} characters, none of / + # ?`);
  }
  const payload = body['payload'];
  if (payload !== undefined && Buffer.byteLength(stringifyJson(payload) ?? '') > MAX_PAYLOAD_BYTES) {
    throw new ServiceError('MessageTooLarge', `payload has more than ${MAX_PAYLOAD_BYTES} bytes.`);
  }
  return {
    methodName,
    payload,
    responseTimeoutMs: 1000 * readSeconds(body, 'responseTimeoutInSeconds', { min: 5, max: 300, fallback: 30 }),
    connectTimeoutMs: 1000 * readSeconds(body, 'connectTimeoutInSeconds', { min: 0, max: 300, fallback: 0 }),
  };
}

function readSeconds(body: Json, name: string, range: { min: number; max: number; fallback: number }): number {
  if (body[name] === undefined || body[name] === null) return range.fallback;
  const given = readWholeNumber(body[name]);
  if (given !== undefined && given >= range.min && given <= range.max) return given;
  throw argumentInvalid(`${name} must be an integer from ${range.min} to ${range.max}.`);
}
