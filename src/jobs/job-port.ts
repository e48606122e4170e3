import type { CallContext } from '../core/call-context.js';
import type { HubDocument, HubPort } from '../iothub/ports.js';
import type { Guards } from './guards.js';
import type { RefusedCounts } from './refused-counts.js';
import type { MessageLimits } from './result-size.js';

/** A job that is about to be created, or has just been created. */
export interface ScheduledJob {
  readonly jobId: string;
  readonly type: string;
  /** The hub's answer to a new job does not have it, and the status that is shown depends on it. */
  readonly startTime?: Date;
}

/** Who wants to know of the jobs that a Thing schedules. */
export interface JobRegistrar {
  /** Before the hub is asked, so that a job is watched even if the agent dies while the answer is under way. */
  scheduling(context: CallContext, thing: string, job: ScheduledJob): Promise<void>;
  /** The hub has accepted the job with this document (`{}` when it was not seen). */
  scheduled(thing: string, job: ScheduledJob, document: HubDocument): void;
  /** The hub said no: there is no such job. */
  refused(thing: string, job: ScheduledJob): void;
}

/** What all operations of one Thing work with. */
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
