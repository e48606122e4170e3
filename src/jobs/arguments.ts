/** The parameters of the operations as native values. Services and wrappers call the operations with the same ones. */

interface ScheduleArguments {
  readonly queryCondition?: string | undefined;
  readonly startTime?: Date | undefined;
  readonly maxExecutionTimeInSeconds?: number | undefined;
  readonly jobId?: string | undefined;
}

export interface TwinUpdateArguments extends ScheduleArguments {
  /** A JSON object with `tags` and/or `properties.desired`. */
  readonly patch: unknown;
}

export interface DeviceMethodArguments extends ScheduleArguments {
  readonly methodName: string;
  /** Any JSON value; `undefined` for none. */
  readonly payload?: unknown;
  /** The payload as JSON text, sent byte for byte. At most one of `payload` and `payloadText`. */
  readonly payloadText?: string | undefined;
  readonly responseTimeoutInSeconds?: number | undefined;
  readonly connectTimeoutInSeconds?: number | undefined;
}

export interface JobIdArguments {
  readonly jobId: string;
}

export interface FindJobsArguments {
  readonly type?: string | undefined;
  readonly status?: string | undefined;
  readonly maxItems?: number | undefined;
}

export interface QueryJobResultsArguments {
  readonly query: string;
  readonly maxItems?: number | undefined;
}

export interface QueryJobResultsPageArguments extends QueryJobResultsArguments {
  readonly continuationToken?: string | undefined;
}

export interface PreviewTargetsArguments {
  readonly queryCondition?: string | undefined;
  readonly sampleSize?: number | undefined;
}
