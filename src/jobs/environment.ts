import type { CallContext } from '../core/call-context.js';
import { newId } from '../core/random.js';
import type { Job } from '../iothub/documents.js';
import type { HubDocument, HubPort, JobRequest } from '../iothub/ports.js';
import type { Guards } from './guards.js';
import type { JobHistory } from './history/job-history.js';
import { DEFAULTS } from './parameters.js';
import { RefusedCounts } from './refused-counts.js';
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from './result-size.js';

/** A job that is about to be created, or has just been created. */
export interface ScheduledJob {
  readonly jobId: string;
  readonly type: string;
  /** The hub's response to a new job does not contain it, and the status that is shown depends on it. */
  readonly startTime?: Date;
}

/** A job that a schedule service is to create. */
export interface JobToSchedule {
  readonly request: JobRequest;
  /** Whether the caller chose the id; a generated id that exists can only come from an earlier attempt of this call. */
  readonly hasGivenId: boolean;
  readonly hasGivenStart: boolean;
}

/** Receives the jobs that a Thing schedules. */
export interface JobRegistrar {
  /** Called before the request, so that a job is watched even if the agent dies before the response arrives. */
  scheduling(context: CallContext, thing: string, job: ScheduledJob): Promise<void>;
  /** Called when the hub has accepted the job with this document (`{}` if it was not received). */
  scheduled(thing: string, job: ScheduledJob, document: HubDocument): void;
  /** Called when the hub has refused the job, which therefore does not exist. */
  refused(thing: string, job: ScheduledJob): void;
  /** Called when the agent's queue has the job with this status: it waits there, or has ended there. */
  queued(thing: string, job: Job & ScheduledJob): void;
}

/** The part of the agent's job queue that the services use. */
export interface JobQueue {
  /**
   * Whether the queue has the requested job: it waits there, or has ended there.
   * @throws AgentError `JobAlreadyExists` when the queue has another job with this id.
   */
  has(job: JobToSchedule): Promise<boolean>;
  /**
   * Creates the job, or stores it until the hub has a place and its start time has passed. Resolves when the job exists or is
   * stored.
   * @throws AgentError `JobQueueFull`, `JobAlreadyExists`, `ServiceUnavailable` when it cannot be stored, and as the hub
   * port when the job was requested at once.
   */
  schedule(env: JobEnvironment, context: CallContext, job: JobToSchedule): Promise<void>;
  /** A job that waits, or has ended in the queue, with the status that is shown; undefined for any other. */
  find(jobId: string): Promise<HubDocument | undefined>;
  /** Ids of the jobs that `find` returns: those that wait, in order, then those that have ended. */
  readonly jobIds: readonly string[];
  /**
   * Cancels a job that waits and returns it; undefined if the queue does not have it, or the hub already has it.
   * @throws AgentError `JobNotCancellable` for one that has ended.
   */
  cancel(context: CallContext, jobId: string): Promise<HubDocument | undefined>;
}

/** The dependencies of the services of one Thing. */
export interface JobEnvironment {
  readonly hub: HubPort;
  readonly refusedCounts: RefusedCounts;
  readonly guards: Guards;
  readonly messageLimits: MessageLimits;
  readonly parsesConditions: boolean;
  /** Default for calls that do not set it. */
  readonly connectTimeoutInSeconds: number;
  /** Generates job ids. */
  readonly newJobId: () => string;
  /** The Thing on whose behalf jobs are scheduled. */
  readonly thing: string;
  readonly registrar?: JobRegistrar | undefined;
  /** Absent without a state directory. */
  readonly queue?: JobQueue | undefined;
  /** The jobs of the hub that have ended; absent without persistent state. */
  readonly history?: JobHistory | undefined;
  /** Whether calls without `queue` use the queue. */
  readonly queuesJobs: boolean;
}

export interface JobEnvironmentOptions {
  readonly hub: HubPort;
  /** The Thing on whose behalf jobs are scheduled. */
  readonly thing: string;
  readonly guards?: Guards;
  readonly messageLimits?: MessageLimits;
  /** `services.checkQueryCondition`; default true. */
  readonly checkQueryCondition?: boolean;
  /** `services.connectTimeoutInSeconds`; default 30, because the hub's own default waits without end. */
  readonly connectTimeoutInSeconds?: number;
  /** One for each hub, shared with its watcher. */
  readonly refusedCounts?: RefusedCounts;
  /** The watcher of the hub. */
  readonly registrar?: JobRegistrar;
  readonly newJobId?: () => string;
  /** The queue of the hub; absent without a state directory. */
  readonly queue?: JobQueue | undefined;
  /** The history of the hub; absent without persistent state. */
  readonly history?: JobHistory | undefined;
  /** `services.queueJobs`; default false. */
  readonly queueJobs?: boolean;
}

/** Completes the environment of one Thing with defaults. */
export function jobEnvironment(options: JobEnvironmentOptions): JobEnvironment {
  return {
    hub: options.hub,
    thing: options.thing,
    guards: options.guards ?? {},
    messageLimits: options.messageLimits ?? DEFAULT_MESSAGE_LIMITS,
    parsesConditions: options.checkQueryCondition ?? true,
    connectTimeoutInSeconds: options.connectTimeoutInSeconds ?? DEFAULTS.connectTimeoutInSeconds,
    refusedCounts: options.refusedCounts ?? new RefusedCounts(),
    newJobId: options.newJobId ?? newId,
    registrar: options.registrar,
    queue: options.queue,
    history: options.history,
    queuesJobs: options.queueJobs ?? false,
  };
}
