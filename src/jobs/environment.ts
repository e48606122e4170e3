import type { CallContext } from '../core/call-context.js';
import { newId } from '../core/random.js';
import type { HubDocument, HubPort } from '../iothub/ports.js';
import type { Guards } from './guards.js';
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

/** Is notified of the jobs that a Thing schedules. */
export interface JobRegistrar {
  /** Called before the request, so that a job is watched even if the agent dies before the response arrives. */
  scheduling(context: CallContext, thing: string, job: ScheduledJob): Promise<void>;
  /** Called when the hub has accepted the job with this document (`{}` if it was not received). */
  scheduled(thing: string, job: ScheduledJob, document: HubDocument): void;
  /** Called when the hub has refused the job, which therefore does not exist. */
  refused(thing: string, job: ScheduledJob): void;
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
  };
}
