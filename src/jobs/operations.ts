import type { CallContext } from '../core/call-context.js';
import { newId } from '../core/ids.js';
import type { NativeRow } from '../edge/definitions.js';
import type { HubPort } from '../iothub/ports.js';
import type {
  DeviceMethodArguments,
  FindJobsArguments,
  JobIdArguments,
  PreviewTargetsArguments,
  QueryJobResultsArguments,
  QueryJobResultsPageArguments,
  TwinUpdateArguments,
} from './arguments.js';
import { cancelJob } from './cancel-job.js';
import { findJobs } from './find-jobs.js';
import { getJob } from './get-job.js';
import type { Guards } from './guards.js';
import type { JobEnvironment, JobRegistrar } from './job-port.js';
import { previewTargets, type TargetsPreview } from './preview-targets.js';
import { queryJobResults } from './query-job-results.js';
import { queryJobResultsPage, type ResultsPage } from './query-job-results-page.js';
import { RefusedCounts } from './refused-counts.js';
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from './result-size.js';
import { scheduleDeviceMethod } from './schedule-device-method.js';
import { scheduleTwinUpdate } from './schedule-twin-update.js';

/**
 * The operations behind the services, with all rules and guards in them: services and wrappers call the same ones.
 * All throw AgentErrors with the codes of docs/errors.md and answer before the deadline of their context.
 */
export interface JobOperations {
  /** Returns the job id. */
  scheduleTwinUpdate(context: CallContext, args: TwinUpdateArguments): Promise<string>;
  /** Returns the job id. */
  scheduleDeviceMethod(context: CallContext, args: DeviceMethodArguments): Promise<string>;
  /** One row of `AzureDeviceJob`. */
  getJob(context: CallContext, args: JobIdArguments): Promise<NativeRow[]>;
  /** Rows of `AzureDeviceJob`. */
  findJobs(context: CallContext, args: FindJobsArguments): Promise<NativeRow[]>;
  /** One row of `AzureDeviceJob`. */
  cancelJob(context: CallContext, args: JobIdArguments): Promise<NativeRow[]>;
  /** Rows of `AzureDeviceJobResult`. */
  queryJobResults(context: CallContext, args: QueryJobResultsArguments): Promise<NativeRow[]>;
  queryJobResultsPage(context: CallContext, args: QueryJobResultsPageArguments): Promise<ResultsPage>;
  previewTargets(context: CallContext, args: PreviewTargetsArguments): Promise<TargetsPreview>;
}

export interface JobOperationsOptions {
  readonly hub: HubPort;
  /** The Thing in whose name jobs are scheduled. */
  readonly thing: string;
  readonly guards?: Guards;
  readonly messageLimits?: MessageLimits;
  /** `services.checkQueryCondition`; true when absent. */
  readonly checkQueryCondition?: boolean;
  /** `services.connectTimeoutInSeconds`; 30 when absent, because the hub's own default waits without end. */
  readonly connectTimeoutInSeconds?: number;
  /** One for each hub, shared with its watcher. */
  readonly refusedCounts?: RefusedCounts;
  /** The watcher of the hub. */
  readonly registrar?: JobRegistrar;
  readonly newJobId?: () => string;
}

const DEFAULT_CONNECT_TIMEOUT_SECONDS = 30;

/** The operations of one Thing. */
export function createJobOperations(options: JobOperationsOptions): JobOperations {
  const env: JobEnvironment = {
    hub: options.hub,
    thing: options.thing,
    guards: options.guards ?? {},
    messageLimits: options.messageLimits ?? DEFAULT_MESSAGE_LIMITS,
    parsesConditions: options.checkQueryCondition ?? true,
    connectTimeoutInSeconds: options.connectTimeoutInSeconds ?? DEFAULT_CONNECT_TIMEOUT_SECONDS,
    refusedCounts: options.refusedCounts ?? new RefusedCounts(),
    newJobId: options.newJobId ?? newId,
    registrar: options.registrar,
  };
  return {
    scheduleTwinUpdate: (context, args) => scheduleTwinUpdate(env, context, args),
    scheduleDeviceMethod: (context, args) => scheduleDeviceMethod(env, context, args),
    getJob: (context, args) => getJob(env, context, args),
    findJobs: (context, args) => findJobs(env, context, args),
    cancelJob: (context, args) => cancelJob(env, context, args),
    queryJobResults: (context, args) => queryJobResults(env, context, args),
    queryJobResultsPage: (context, args) => queryJobResultsPage(env, context, args),
    previewTargets: (context, args) => previewTargets(env, context, args),
  };
}
