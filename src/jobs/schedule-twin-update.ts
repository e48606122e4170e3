import type { CallContext } from '../core/call-context.js';
import type { TwinUpdateArguments } from './arguments.js';
import { checkCondition } from './conditions.js';
import { guardCondition, guardTargets } from './guards.js';
import type { JobEnvironment } from './job-port.js';
import { TWIN_JOB } from './outcome.js';
import { checkPatch } from './patch-rules.js';
import { checkInteger, checkJobId, checkStartTime, DEFAULT_MAX_EXECUTION_SECONDS, textOrAbsent } from './rules.js';
import { scheduleOnce } from './schedule.js';

/** Creates a job that patches twins and returns its id. */
export async function scheduleTwinUpdate(
  env: JobEnvironment,
  context: CallContext,
  args: TwinUpdateArguments,
): Promise<string> {
  const { patch, hadReported } = checkPatch(args.patch);
  const targets = checkCondition(args.queryCondition, env.parsesConditions);
  const maxExecution = checkInteger('maxExecutionTimeInSeconds', args.maxExecutionTimeInSeconds, { minimum: 1 });
  const givenId = textOrAbsent(args.jobId);
  const jobId = givenId === undefined ? env.newJobId() : checkJobId(givenId);
  if (hadReported)
    context.log.warn(
      { jobId },
      'properties.reported was removed from the patch: only a device can change what it reports',
    );
  guardCondition(env.guards, args.queryCondition);
  await guardTargets(context, env.hub.lane('user'), env.guards, targets);
  return await scheduleOnce(env, context, {
    hasGivenId: givenId !== undefined,
    hasGivenStart: hasFutureStart(args.startTime, context),
    request: {
      type: TWIN_JOB,
      jobId,
      patch,
      queryCondition: targets.condition,
      startTime: checkStartTime(args.startTime, context.clock.nowMs()),
      maxExecutionTimeInSeconds: maxExecution ?? DEFAULT_MAX_EXECUTION_SECONDS,
    },
  });
}

/** A start in the past means now, and so says nothing about which job it is. */
export function hasFutureStart(startTime: Date | undefined, context: CallContext): boolean {
  return startTime !== undefined && startTime.getTime() > context.clock.nowMs();
}
