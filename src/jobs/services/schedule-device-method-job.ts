import { checkCondition } from '../conditions.js';
import { guardCondition, guardMethod, guardTargets } from '../guards.js';
import { checkPayload } from '../json-parameters.js';
import { methodAddress, targetsOfMethod } from '../module-methods.js';
import { METHOD_JOB } from '../outcome.js';
import {
  CONNECT_TIMEOUT,
  DEFAULTS,
  MAX_EXECUTION_TIME,
  JOB_METHOD_NAME,
  NEW_JOB_ID,
  PAYLOAD,
  PAYLOAD_TEXT,
  QUERY_CONDITION,
  QUEUE,
  RESPONSE_TIMEOUT,
  START_TIME,
} from '../parameters.js';
import { hasFutureStart, scheduleJob, startOf } from '../schedule.js';
import { defineJobService, THE_JOB_ID } from './job-service.js';

export const scheduleDeviceMethodJobService = defineJobService({
  name: 'ScheduleDeviceMethodJob',
  description: 'Schedules a job that calls a direct method on many devices and returns its id',
  needs: 'registry write',
  creates: 'job',
  parameters: {
    methodName: JOB_METHOD_NAME,
    payload: PAYLOAD,
    payloadText: PAYLOAD_TEXT,
    queryCondition: QUERY_CONDITION,
    startTime: START_TIME,
    maxExecutionTimeInSeconds: MAX_EXECUTION_TIME,
    responseTimeoutInSeconds: RESPONSE_TIMEOUT,
    connectTimeoutInSeconds: CONNECT_TIMEOUT,
    jobId: NEW_JOB_ID,
    queue: QUEUE,
  },
  result: THE_JOB_ID,
  run: async (args, context, env): Promise<string> => {
    const { methodName, queryCondition, startTime } = args;
    const payload = checkPayload(args.payload, args.payloadText);
    const targets = targetsOfMethod(checkCondition(queryCondition, env.parsesConditions), methodName);
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
    const job = {
      hasGivenId: args.jobId !== undefined,
      hasGivenStart: hasFutureStart(startTime, context),
      request: {
        type: METHOD_JOB,
        jobId,
        methodName: methodAddress(methodName).methodName,
        ...payload,
        queryCondition: targets.condition,
        startTime: startOf(startTime, context),
        maxExecutionTimeInSeconds: args.maxExecutionTimeInSeconds ?? DEFAULTS.maxExecutionTimeInSeconds,
        responseTimeoutInSeconds: args.responseTimeoutInSeconds ?? DEFAULTS.responseTimeoutInSeconds,
        connectTimeoutInSeconds,
      },
    };
    return await scheduleJob(env, context, job, args.queue);
  },
});
