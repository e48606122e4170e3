import type { CallContext } from '../core/call-context.js';
import type { MethodJobRequest } from '../iothub/ports.js';
import type { DeviceMethodArguments } from './arguments.js';
import { checkCondition } from './conditions.js';
import { guardCondition, guardMethod, guardTargets } from './guards.js';
import type { JobEnvironment } from './job-port.js';
import { checkJson, parseJsonText } from './json-parameters.js';
import { METHOD_JOB } from './outcome.js';
import {
  checkInteger,
  checkJobId,
  checkMethodName,
  checkStartTime,
  DEFAULT_MAX_EXECUTION_SECONDS,
  DEFAULT_RESPONSE_TIMEOUT_SECONDS,
  invalidArgument,
  textOrAbsent,
} from './rules.js';
import { scheduleOnce } from './schedule.js';
import { hasFutureStart } from './schedule-twin-update.js';

/** Creates a job that calls a method on devices and returns its id. */
export async function scheduleDeviceMethod(
  env: JobEnvironment,
  context: CallContext,
  args: DeviceMethodArguments,
): Promise<string> {
  const methodName = checkMethodName(args.methodName);
  const payload = checkPayload(args);
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
      ...payload,
      queryCondition: targets.condition,
      startTime: checkStartTime(args.startTime, context.clock.nowMs()),
      ...times,
    },
  });
}

/** The payload, and its text where the caller wrote it as text. */
function checkPayload(args: DeviceMethodArguments): Pick<MethodJobRequest, 'payload' | 'payloadText'> {
  const payloadText = textOrAbsent(args.payloadText);
  if (payloadText === undefined) {
    checkJson('payload', args.payload, 'send the payload as payloadText, or the number as a text');
    return { payload: args.payload };
  }
  if (args.payload !== undefined)
    throw invalidArgument('payloadText', 'cannot be combined with payload; pass at most one of the two');
  return { payload: parseJsonText('payloadText', payloadText), payloadText };
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
