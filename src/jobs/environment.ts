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
  /** The hub's answer to a new job does not have it, and the status that is shown depends on it. */
  readonly startTime?: Date;
}

/** Is notified of the jobs that a Thing schedules. */
export interface JobRegistrar {
  /** Before the hub is asked, so that a job is watched even if the agent dies while the answer is under way. */
  scheduling(context: CallContext, thing: string, job: ScheduledJob): Promise<void>;
  /** The hub has accepted the job with this document (`{}` when it was not seen). */
  scheduled(thing: string, job: ScheduledJob, document: HubDocument): void;
  /** The hub has refused the job: it does not exist. */
  refused(thing: string, job: ScheduledJob): void;
}

/** What the services of one Thing work with. */
export interface JobEnvironment {
  readonly hub: HubPort;
  readonly refusedCounts: RefusedCounts;
  readonly guards: Guards;
  readonly messageLimits: MessageLimits;
  readonly parsesConditions: boolean;
  /** The default where a call sets none. */
  readonly connectTimeoutInSeconds: number;
  /** Makes ids of jobs. */
  readonly newJobId: () => string;
  /** The Thing in whose name jobs are scheduled. */
  readonly thing: string;
  readonly registrar?: JobRegistrar | undefined;
}

export interface JobEnvironmentOptions {
  readonly hub: HubPort;
  /** The Thing in whose name jobs are scheduled. */
  readonly thing: string;
  readonly guards?: Guards;
  readonly messageLimits?: MessageLimits;
  /** `services.checkQueryCondition`; true if absent. */
  readonly checkQueryCondition?: boolean;
  /** `services.connectTimeoutInSeconds`; 30 if absent, because the hub's own default waits without end. */
  readonly connectTimeoutInSeconds?: number;
  /** One for each hub, shared with its watcher. */
  readonly refusedCounts?: RefusedCounts;
  /** The watcher of the hub. */
  readonly registrar?: JobRegistrar;
  readonly newJobId?: () => string;
}

/** The environment of one Thing, with defaults. */
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
