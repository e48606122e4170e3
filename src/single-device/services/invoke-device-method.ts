import { AgentError } from '../../core/errors.js';
import { guardMethod } from '../../jobs/guards.js';
import { checkPayload } from '../../jobs/json-parameters.js';
import { CONNECT_TIMEOUT, METHOD_NAME, PAYLOAD, PAYLOAD_TEXT, RESPONSE_TIMEOUT } from '../../jobs/parameters.js';
import { writableJson } from '../../jobs/rows.js';
import { addPossibleEffect } from '../device-changes.js';
import { DEVICE_ID, MODULE_ID } from '../parameters.js';
import { defineDeviceService } from './device-service.js';

const DEFAULT_RESPONSE_SECONDS = 20;
/** The time that a call needs besides the time-outs of the method. */
const RESERVE_SECONDS = 2;

const rangeOf = ({ minimum, maximum }: { readonly minimum: number; readonly maximum: number }): string =>
  `${minimum} to ${maximum}`;

export const invokeDeviceMethodService = defineDeviceService({
  name: 'InvokeDeviceMethod',
  description: 'Calls a direct method on a device or module and returns its response',
  needs: ['service connect'],
  parameters: {
    deviceId: DEVICE_ID,
    moduleId: MODULE_ID,
    methodName: METHOD_NAME,
    payload: PAYLOAD,
    payloadText: PAYLOAD_TEXT,
    responseTimeoutInSeconds: {
      ...RESPONSE_TIMEOUT,
      description: `How long to wait for the response of the device: ${rangeOf(RESPONSE_TIMEOUT)}, default ${DEFAULT_RESPONSE_SECONDS}, or less if the deadline of the call requires it; together with connectTimeoutInSeconds at most services.timeoutSeconds less ${RESERVE_SECONDS} s`,
    },
    connectTimeoutInSeconds: {
      ...CONNECT_TIMEOUT,
      description: `How long to wait for an offline device to connect: ${rangeOf(CONNECT_TIMEOUT)}, default 0: the device must be connected`,
    },
  },
  result: {
    baseType: 'JSON',
    description:
      '{status, payload}: the response of the device; a status of 400 or above is a result too, not an error',
  },
  run: async ({ deviceId, moduleId, methodName, ...args }, context, env) => {
    const payload = checkPayload(args.payload, args.payloadText);
    const timeouts = timeoutsOf(args, env.timeoutSeconds);
    guardMethod(env.guards, methodName);
    const response = await env.hub
      .devices('user')
      .invokeMethod(context, { deviceId, moduleId }, { methodName, ...payload, ...timeouts })
      .catch(addPossibleEffect({ effect: 'the method may have run', onlyOnce: true }));
    return { status: response.status, payload: writableJson(response.payload) };
  },
});

interface Timeouts {
  readonly responseTimeoutInSeconds: number;
  readonly connectTimeoutInSeconds: number;
}

/** @throws AgentError `InvalidArgument` if the call could not return before its deadline, so that the response would be lost. */
function timeoutsOf(given: { readonly [Name in keyof Timeouts]?: number | undefined }, deadline: number): Timeouts {
  const available = deadline - RESERVE_SECONDS;
  const { connectTimeoutInSeconds = 0 } = given;
  const { minimum } = RESPONSE_TIMEOUT;
  const fitting = Math.max(minimum, Math.min(DEFAULT_RESPONSE_SECONDS, available - connectTimeoutInSeconds));
  const { responseTimeoutInSeconds = fitting } = given;
  if (responseTimeoutInSeconds + connectTimeoutInSeconds <= available)
    return { responseTimeoutInSeconds, connectTimeoutInSeconds };
  throw new AgentError(
    'InvalidArgument',
    `responseTimeoutInSeconds (${responseTimeoutInSeconds}) and connectTimeoutInSeconds (${connectTimeoutInSeconds}) together exceed ` +
      `${available} s, which the deadline of a call (services.timeoutSeconds, ${deadline} s) leaves for them; lower them, or use ScheduleDeviceMethodJob.`,
    { context: { parameter: 'responseTimeoutInSeconds' } },
  );
}
