import type { MethodJobRequest } from '../../iothub/ports.js';
import { invalidParameter } from '../../edge/parameter-rules.js';
import { checkCondition } from '../conditions.js';
import { guardCondition, guardMethod, guardTargets } from '../guards.js';
import { checkJson, parseJsonText, unwrapList } from '../json-parameters.js';
import { METHOD_JOB } from '../outcome.js';
import {
  CONNECT_TIMEOUT,
  DEFAULTS,
  MAX_EXECUTION_TIME,
  METHOD_NAME,
  NEW_JOB_ID,
  PAYLOAD,
  PAYLOAD_TEXT,
  QUERY_CONDITION,
  RESPONSE_TIMEOUT,
  START_TIME,
} from '../parameters.js';
import { hasFutureStart, scheduleOnce, startOf } from '../schedule.js';
import { defineJobService, THE_JOB_ID } from './job-service.js';

export const scheduleDeviceMethodJobService = defineJobService({
  name: 'ScheduleDeviceMethodJob',
  description: 'Schedules a job that calls a direct method on many devices and returns its id',
  needs: 'registry write',
  parameters: {
    methodName: METHOD_NAME,
    payload: PAYLOAD,
    payloadText: PAYLOAD_TEXT,
    queryCondition: QUERY_CONDITION,
    startTime: START_TIME,
    maxExecutionTimeInSeconds: MAX_EXECUTION_TIME,
    responseTimeoutInSeconds: RESPONSE_TIMEOUT,
    connectTimeoutInSeconds: CONNECT_TIMEOUT,
    jobId: NEW_JOB_ID,
  },
  result: THE_JOB_ID,
  run: async (args, context, env): Promise<string> => {
    const { methodName, queryCondition, startTime } = args;
    const payload = checkPayload(args.payload, args.payloadText);
    const targets = checkCondition(queryCondition, env.parsesConditions);
    const jobId = args.jobId ?? env.newJobId();
    const connectTimeoutInSeconds = args.connectTimeoutInSeconds ?? env.connectTimeoutInSeconds;
    if (connectTimeoutInSeconds === 0)
      context.log.warn(
        { jobId },
        'connectTimeoutInSeconds is 0: the job waits for offline devices until its maximum time',
      );
    guardMethod(env.guards, methodName);
    guardCondition(env.guards, queryCondition);
    await guardTargets(context, env.hub.lane('user'), env.guards, targets);
    return await scheduleOnce(env, context, {
      hasGivenId: args.jobId !== undefined,
      hasGivenStart: hasFutureStart(startTime, context),
      request: {
        type: METHOD_JOB,
        jobId,
        methodName,
        ...payload,
        queryCondition: targets.condition,
        startTime: startOf(startTime, context),
        maxExecutionTimeInSeconds: args.maxExecutionTimeInSeconds ?? DEFAULTS.maxExecutionTimeInSeconds,
        responseTimeoutInSeconds: args.responseTimeoutInSeconds ?? DEFAULTS.responseTimeoutInSeconds,
        connectTimeoutInSeconds,
      },
    });
  },
});

/** The payload, and its text if the caller passed it as text. */
function checkPayload(
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
