import { isPlainObject } from '../../../core/objects.js';
import { type HttpAnswer, json } from '../../http/router.js';
import { argumentInvalid, ServiceError } from '../answers/service-error.js';
import { type MethodRequest, readMethodRequest } from '../methods/method-request.js';
import type { DeviceGateway, MethodOutcome } from '../ports.js';
import type { Throttle } from '../tiers/throttle.js';
import type { Twins } from '../twins/twins.js';
import { idOf } from './identity-routes.js';
import { readJson } from './read-json.js';
import type { ServiceRequest, ServiceRoute } from './service-route.js';

/** The service meters methods in blocks of this size. */
const METER_BYTES = 4096;

interface MethodDependencies {
  readonly twins: Twins;
  readonly gateway: () => DeviceGateway;
  readonly throttle: Throttle;
}

/** Direct methods of devices and modules. */
export const methodRoutes = (dependencies: MethodDependencies): ServiceRoute[] =>
  ['/twins/:deviceId/methods', '/twins/:deviceId/modules/:moduleId/methods'].map((pattern) => ({
    method: 'POST',
    pattern,
    right: 'ServiceConnect',
    // The limit is applied in the handler, which knows the size.
    operation: 'free',
    handle: (request) => invoke(dependencies, request),
  }));

async function invoke(dependencies: MethodDependencies, request: ServiceRequest): Promise<HttpAnswer> {
  const id = idOf(request);
  const body = readJson(request.body);
  if (!isPlainObject(body)) throw argumentInvalid('The body must be a JSON object.');
  const call = readMethodRequest(body);
  await dependencies.throttle.admit(
    'methods',
    Math.max(1, Math.ceil(request.body.length / METER_BYTES)),
    request.signal,
  );
  const { record } = dependencies.twins.find(id);
  const outcome: MethodOutcome =
    record.status === 'disabled'
      ? { kind: 'notOnline' }
      : await dependencies.gateway().invokeMethod(id, { ...call, signal: request.signal });
  return answerOutcome(outcome, call);
}

function answerOutcome(outcome: MethodOutcome, call: MethodRequest): HttpAnswer {
  switch (outcome.kind) {
    case 'answered':
      return json(200, { status: outcome.status, payload: outcome.payload ?? null });
    case 'notOnline':
      throw detailed('DeviceNotOnline', 'Timed out waiting for device to connect.', call.connectTimeoutMs);
    case 'noAnswer':
      throw detailed('GatewayTimeout', 'Timed out waiting for the response from device.', call.responseTimeoutMs);
    case 'disconnected':
      throw detailed('DeviceConnectionClosedRemotely', 'Device unavailable: it closed its connection.', undefined);
    case 'badAnswer':
      throw detailed('BadDeviceResponse', `The response of the device was rejected: ${outcome.reason}`, undefined);
  }
}

const detailed = (
  code: 'DeviceNotOnline' | 'GatewayTimeout' | 'DeviceConnectionClosedRemotely' | 'BadDeviceResponse',
  message: string,
  timeoutMs: number | undefined,
): ServiceError =>
  new ServiceError(code, message, {
    form: 'detailed',
    info: timeoutMs === undefined ? {} : { timeout: new Date(timeoutMs).toISOString().slice(11, 19) },
  });
