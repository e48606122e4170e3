import { stringifyJson } from '../core/exact-json.js';
import { isPlainObject } from '../core/objects.js';
import { unexpectedAnswerError } from './connection-errors.js';
import { badDeviceResponse, type DeviceOperation, deviceError, withoutKeys } from './device-errors.js';
import type { DeviceAddress, DeviceOperations, MethodResponse } from './device-ports.js';
import { find, type HubDocument, integerOf } from './documents.js';
import { methodText } from './job-request.js';
import { document, documentOf, type RestAnswer, type RestRequest, type SendRequest } from './rest-request.js';

/** Maximum length of the payload that a device may return. */
const MAX_PAYLOAD_BYTES = 128 * 1024;

/** Creates the operations on one device, with one attempt each; hub-port.ts adds budgets and retries. */
export function deviceOperations(send: SendRequest): DeviceOperations {
  const sent = sender(send);
  return {
    async invokeMethod(context, target, call) {
      const request = { method: 'POST', path: `${twinPath(target)}/methods`, body: methodText(call) } as const;
      return methodResponse(await sent(context, 'invokeMethod', target, request));
    },
    async getTwin(context, target) {
      return document(await sent(context, 'getTwin', target, { method: 'GET', path: twinPath(target) }));
    },
    async updateTwin(context, target, { patch, etag }) {
      const body = stringifyJson(patch) ?? '';
      const request = { method: 'PATCH', path: twinPath(target), headers: ifMatch(etag), body } as const;
      return document(await sent(context, 'updateTwin', target, request));
    },
    async getIdentity(context, deviceId) {
      const request = { method: 'GET', path: identityPath(deviceId) } as const;
      return document(await sent(context, 'getIdentity', { deviceId }, request));
    },
    async putIdentity(context, deviceId, { identity, etag }) {
      const headers = etag === undefined ? {} : ifMatch(etag);
      const body = stringifyJson(identity) ?? '';
      const request = { method: 'PUT', path: identityPath(deviceId), headers, body } as const;
      try {
        return documentOf((await sent(context, 'putIdentity', { deviceId }, request)).body) ?? {};
      } catch (error) {
        throw withoutKeys(error, identity);
      }
    },
    async deleteIdentity(context, deviceId, etag) {
      const request = { method: 'DELETE', path: identityPath(deviceId), headers: ifMatch(etag) } as const;
      return (await sent(context, 'deleteIdentity', { deviceId }, request)).status === 204;
    },
  };
}

type Sent = (
  context: Parameters<SendRequest>[0],
  operation: DeviceOperation,
  target: DeviceAddress,
  request: RestRequest,
) => Promise<RestAnswer>;

/** Returns a function that sends requests and converts their refusals to errors about the device. */
const sender =
  (send: SendRequest): Sent =>
  async (context, operation, target, request) => {
    try {
      return await send(context, request);
    } catch (error) {
      throw deviceError(error, operation, target);
    }
  };

const identityPath = (deviceId: string): string => `/devices/${encodeURIComponent(deviceId)}`;

function twinPath({ deviceId, moduleId }: DeviceAddress): string {
  const device = `/twins/${encodeURIComponent(deviceId)}`;
  return moduleId === undefined ? device : `${device}/modules/${encodeURIComponent(moduleId)}`;
}

/** Azure's SDKs quote every etag, `*` included. */
const ifMatch = (etag: string): Record<string, string> => ({ 'If-Match': `"${etag}"` });

/**
 * Reads the response to a method. The hub inserts the payload of the device, so a response that is declared as JSON but
 * malformed has a malformed payload; responses of gateways are usually not declared as JSON.
 */
function methodResponse({ body, isMalformed }: RestAnswer): MethodResponse {
  if (isMalformed) throw badDeviceResponse('is not JSON');
  const answer: HubDocument = isPlainObject(body) ? body : {};
  const status = integerOf(find(answer, 'status'));
  if (status === undefined) throw unexpectedAnswerError('something that is not the response of a device');
  const payload = find(answer, 'payload') ?? null;
  const bytes = Buffer.byteLength(stringifyJson(payload) ?? '');
  if (bytes > MAX_PAYLOAD_BYTES)
    throw badDeviceResponse(`has ${bytes} bytes; at most ${MAX_PAYLOAD_BYTES} are allowed`);
  return { status, payload };
}
