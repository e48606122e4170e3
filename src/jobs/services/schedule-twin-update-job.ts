import { checkCondition } from '../conditions.js';
import { guardCondition, guardTargets } from '../guards.js';
import { unwrapList } from '../json-parameters.js';
import { TWIN_JOB } from '../outcome.js';
import { DEFAULTS, MAX_EXECUTION_TIME, NEW_JOB_ID, PATCH, QUERY_CONDITION, QUEUE, START_TIME } from '../parameters.js';
import { checkPatch } from '../patch-rules.js';
import { hasFutureStart, scheduleJob, startOf } from '../schedule.js';
import { defineJobService, THE_JOB_ID } from './job-service.js';

export const scheduleTwinUpdateJobService = defineJobService({
  name: 'ScheduleTwinUpdateJob',
  description:
    'Schedules a job that updates tags and desired properties of the twins of many devices and returns its id',
  needs: 'registry write',
  creates: 'job',
  parameters: {
    patch: PATCH,
    queryCondition: QUERY_CONDITION,
    startTime: START_TIME,
    maxExecutionTimeInSeconds: MAX_EXECUTION_TIME,
    jobId: NEW_JOB_ID,
    queue: QUEUE,
  },
  result: THE_JOB_ID,
  run: async (args, context, env): Promise<string> => {
    const { patch, hadReported } = checkPatch(unwrapList(args.patch));
    const targets = checkCondition(args.queryCondition, env.parsesConditions);
    const jobId = args.jobId ?? env.newJobId();
    if (hadReported)
      context.log.warn(
        { jobId },
        'properties.reported was removed from the patch: only a device can change what it reports',
      );
    guardCondition(env.guards, args.queryCondition);
    await guardTargets(context, env.hub.lane('user'), env.guards, targets);
    const job = {
      hasGivenId: args.jobId !== undefined,
      hasGivenStart: hasFutureStart(args.startTime, context),
      request: {
        type: TWIN_JOB,
        jobId,
        patch,
        queryCondition: targets.condition,
        startTime: startOf(args.startTime, context),
        maxExecutionTimeInSeconds: args.maxExecutionTimeInSeconds ?? DEFAULTS.maxExecutionTimeInSeconds,
      },
    };
    return await scheduleJob(env, context, job, args.queue);
  },
});
