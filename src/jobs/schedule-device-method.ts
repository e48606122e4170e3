import type { CallContext } from '../core/call-context.js';
import type { DeviceMethodArguments } from './arguments.js';
import { checkCondition } from './conditions.js';
import { guardCondition, guardMethod, guardTargets } from './guards.js';
import type { JobEnvironment } from './job-port.js';
import { METHOD_JOB } from './outcome.js';
import {
  checkInteger,
  checkJobId,
  checkMethodName,
  checkPayload,
  checkStartTime,
  DEFAULT_MAX_EXECUTION_SECONDS,
  DEFAULT_RESPONSE_TIMEOUT_SECONDS,
  textOrAbsent,
} from './rules.js';
import { scheduleOnce } from './schedule.js';
import { hasFutureStart } from './schedule-twin-update.js';

/** Makes a job that calls a method on devices; gives its id. */
export async function scheduleDeviceMethod(
  env: JobEnvironment,
  context: CallContext,
  args: DeviceMethodArguments,
): Promise<string> {
  const methodName = checkMethodName(args.methodName);
  checkPayload(args.payload);
  const targets = checkCondition(args.queryCondition, env.parsesConditions);
  const times = checkTimes(env, args);
  const givenId = textOrAbsent(args.jobId);
  const jobId = givenId === undefined ? env.newJobId() : checkJobId(givenId);
  if (times.connectTimeoutInSeconds === 0)
    context.log.warn(
      { jobId },
      'connectTimeoutInSeconds is 0: the job waits for offline devices until its maximum time',
    );
  guardMethod(env.guards, methodName);
  guardCondition(env.guards, args.queryCondition);
  await guardTargets(context, env.hub.lane('user'), env.guards, targets);
  return await scheduleOnce(env, context, {
    hasGivenId: givenId !== undefined,
    hasGivenStart: hasFutureStart(args.startTime, context),
    request: {
      type: METHOD_JOB,
      jobId,
      methodName,
      payload: args.payload,
      queryCondition: targets.condition,
      startTime: checkStartTime(args.startTime, context.clock.nowMs()),
      ...times,
    },
  });
}

function checkTimes(
  env: JobEnvironment,
  args: DeviceMethodArguments,
): {
  readonly maxExecutionTimeInSeconds: number;
  readonly responseTimeoutInSeconds: number;
  readonly connectTimeoutInSeconds: number;
} {
  const response = { minimum: 5, maximum: 300 };
  const connect = { minimum: 0, maximum: 300 };
  return {
    maxExecutionTimeInSeconds:
      checkInteger('maxExecutionTimeInSeconds', args.maxExecutionTimeInSeconds, { minimum: 1 }) ??
      DEFAULT_MAX_EXECUTION_SECONDS,
    responseTimeoutInSeconds:
      checkInteger('responseTimeoutInSeconds', args.responseTimeoutInSeconds, response) ??
      DEFAULT_RESPONSE_TIMEOUT_SECONDS,
    connectTimeoutInSeconds:
      checkInteger('connectTimeoutInSeconds', args.connectTimeoutInSeconds, connect) ?? env.connectTimeoutInSeconds,
  };
}
