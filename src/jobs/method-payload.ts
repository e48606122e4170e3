import { invalidParameter } from '../edge/parameter-rules.js';
import type { MethodJobRequest } from '../iothub/ports.js';
import { checkJson, parseJsonText, unwrapList } from './json-parameters.js';

/**
 * Checks the payload of a method; returns it, and its text if the caller passed it as text.
 * @throws AgentError `InvalidArgument` naming `payload` or `payloadText`.
 */
export function checkPayload(
  given: unknown,
  payloadText: string | undefined,
): Pick<MethodJobRequest, 'payload' | 'payloadText'> {
  if (payloadText === undefined) {
    const payload = unwrapList(given);
    checkJson('payload', payload, 'send the payload as payloadText, or the number as a string');
    return { payload };
  }
  if (given !== undefined)
    throw invalidParameter('payloadText', 'cannot be combined with payload; pass at most one of the two');
  return { payload: parseJsonText('payloadText', payloadText), payloadText };
}
