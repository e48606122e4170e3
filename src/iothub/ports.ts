/**
 * What the agent needs of an IoT Hub. Documents come as the hub sent them; `documents.ts` reads them leniently, so that
 * a missing or odd field never fails a call.
 */
import type { CallContext } from '../core/call-context.js';

/** The tiers as Azure names them; `unlimited` for a stand-in without throttles. */
export const HUB_TIERS = ['F1', 'S1', 'S2', 'S3', 'unlimited'] as const;

export type HubTier = (typeof HUB_TIERS)[number];

/** An object of JSON as it came over the wire. Nothing about its fields is sure. */
export type HubDocument = Readonly<Record<string, unknown>>;

/** One page of an answer, of as many items as were asked for or fewer. No `continuationToken`: it was the last one. */
export interface HubPage {
  readonly items: readonly HubDocument[];
  readonly continuationToken?: string;
}

export interface PageRequest {
  /** The hub may return fewer. */
  readonly pageSize?: number;
  /** The token of the page before, with the same query and page size. */
  readonly continuationToken?: string;
}

export interface ListJobsRequest extends PageRequest {
  readonly type?: string;
  readonly status?: string;
}

export interface QueryRequest extends PageRequest {
  readonly query: string;
}

interface JobRequestBase {
  readonly jobId: string;
  /** What stands after WHERE; `*` for all devices. */
  readonly queryCondition: string;
  readonly startTime: Date;
  readonly maxExecutionTimeInSeconds: number;
}

export interface MethodJobRequest extends JobRequestBase {
  readonly type: 'scheduleDeviceMethod';
  readonly methodName: string;
  /** Any JSON value; `undefined` for none. */
  readonly payload: unknown;
  /** The same payload as JSON text, which is sent byte for byte in its place. */
  readonly payloadText?: string;
  readonly responseTimeoutInSeconds: number;
  readonly connectTimeoutInSeconds: number;
}

export interface TwinJobRequest extends JobRequestBase {
  readonly type: 'scheduleUpdateTwin';
  /** `tags` and/or `properties.desired`, either of which may be `null`; the etag is added. */
  readonly patch: HubDocument;
}

export type JobRequest = MethodJobRequest | TwinJobRequest;

/**
 * The operations. All throw AgentErrors: `HubThrottled`, `HubJobQuotaExceeded`, `HubUnavailable`, `HubTimeout`,
 * `HubUnauthorized`, `JobNotFound`, `JobAlreadyExists`, `JobNotCancellable` or `HubRejected`. None outlives the deadline
 * of its context.
 */
export interface HubOperations {
  /** The hub's response; an empty document for an acknowledgement that cannot be parsed. */
  scheduleJob(context: CallContext, job: JobRequest): Promise<HubDocument>;
  /** A job the hub does not know comes as a document with `status: 'unknown'`. */
  getJob(context: CallContext, jobId: string): Promise<HubDocument>;
  listJobs(context: CallContext, request: ListJobsRequest): Promise<HubPage>;
  cancelJob(context: CallContext, jobId: string): Promise<HubDocument>;
  query(context: CallContext, request: QueryRequest): Promise<HubPage>;
}

/**
 * Who is served first when the tier's budget is short.
 * `user`: a service call; waits while there is time, then is refused. `background`: the watcher; takes what users leave
 * and its own small share. `spare`: takes only what is available at this moment, never waits.
 */
export type HubLane = 'user' | 'background' | 'spare';

/** How the hub last answered. */
export type HubStatus = 'connected' | 'throttled' | 'unreachable' | 'unauthorized';

/** One hub, shared by all services and the watcher. */
export interface HubPort {
  readonly hostName: string;
  /** How many devices a second the tier serves inside jobs; Infinity when it is not limited. */
  readonly deviceOperationsPerSecond: number;
  lane(lane: HubLane): HubOperations;
  /** Calls `listener` after every attempt that says something about the hub. Returns what ends it. */
  onStatus(listener: (status: HubStatus) => void): () => void;
  /** Ends idle connections. Open calls end by their own contexts. */
  close(): void;
}
