/**
 * What the agent needs of an IoT Hub. Documents are returned as the hub sent them; `documents.ts` reads them leniently, so
 * that a missing or malformed field does not fail a call.
 */
import type { CallContext } from '../core/call-context.js';
import type { DeviceOperations, MethodCall } from './device-ports.js';
import type { HubDocument } from './documents.js';

export type { HubDocument } from './documents.js';

/** The tiers by their Azure names; `unlimited` for a local hub without throttling. */
export const HUB_TIERS = ['F1', 'S1', 'S2', 'S3', 'unlimited'] as const;

export type HubTier = (typeof HUB_TIERS)[number];

/** One page of a result, with at most the requested number of items. The last page has no `continuationToken`. */
export interface HubPage {
  readonly items: readonly HubDocument[];
  readonly continuationToken?: string;
}

export interface PageRequest {
  /** The hub may return fewer. */
  readonly pageSize?: number;
  /** The token of the previous page, for the same query and page size. */
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
  /** The condition after WHERE; `*` for all devices. */
  readonly queryCondition: string;
  /** Absent: at once, by the hub's own clock. */
  readonly startTime?: Date;
  readonly maxExecutionTimeInSeconds: number;
}

export interface MethodJobRequest extends JobRequestBase, MethodCall {
  readonly type: 'scheduleDeviceMethod';
}

export interface TwinJobRequest extends JobRequestBase {
  readonly type: 'scheduleUpdateTwin';
  /** `tags` and/or `properties.desired`, either of which may be `null`; the etag is added. */
  readonly patch: HubDocument;
}

export type JobRequest = MethodJobRequest | TwinJobRequest;

/**
 * The operations of a hub. All throw AgentErrors: `HubThrottled`, `HubJobQuotaExceeded`, `HubUnavailable`, `HubTimeout`,
 * `HubUnauthorized`, `JobNotFound`, `JobAlreadyExists`, `JobNotCancellable` or `HubRejected`. None outlives the deadline
 * of its context.
 */
export interface HubOperations {
  /** The hub's response; an empty document for an acknowledgement that cannot be parsed. */
  scheduleJob(context: CallContext, job: JobRequest): Promise<HubDocument>;
  /** Returns the job document; for a job that the hub does not know, one with `status: 'unknown'`. */
  getJob(context: CallContext, jobId: string): Promise<HubDocument>;
  listJobs(context: CallContext, request: ListJobsRequest): Promise<HubPage>;
  cancelJob(context: CallContext, jobId: string): Promise<HubDocument>;
  query(context: CallContext, request: QueryRequest): Promise<HubPage>;
}

/**
 * The priority of a request when the tier's budget is scarce. `user`: a service call, which waits as long as its deadline
 * allows and is refused otherwise. `background`: the watcher, which has a small share and uses what users leave. `spare`:
 * uses only what is available at the moment and never waits.
 */
export type HubLane = 'user' | 'background' | 'spare';

/** The status of the hub after its latest response. */
export type HubStatus = 'connected' | 'throttled' | 'unreachable' | 'unauthorized';

/** The budgets whose use is measured. */
export type MeteredBudget = 'jobOperations' | 'queries';

/** The requests of one step of time. */
export interface BudgetPoint {
  /** Begin of the step, in milliseconds since 1970. */
  readonly startMs: number;
  /** Requests of service calls. */
  readonly users: number;
  /** Requests of the agent itself. */
  readonly background: number;
}

/** How much of a budget was used in the last 15 minutes. */
export interface BudgetUse {
  /** Infinity if the tier has no limit. */
  readonly perMinute: number;
  readonly stepMs: number;
  /** Oldest first, without gaps; the last step is not over yet. */
  readonly points: readonly BudgetPoint[];
}

/** A document of a job that the hub has returned, and the request that created the job if this is its response. */
export interface SeenJob {
  readonly document: HubDocument;
  readonly request?: JobRequest;
}

/** One hub, shared by all services and the watcher. */
export interface HubPort {
  readonly hostName: string;
  /** How many devices per second the tier serves within jobs; Infinity if it is not limited. */
  readonly deviceOperationsPerSecond: number;
  lane(lane: HubLane): HubOperations;
  /** The operations on one device, within the same lanes. */
  devices(lane: HubLane): DeviceOperations;
  /** Calls `listener` after every attempt that shows the status of the hub. Returns a function that unsubscribes. */
  onStatus(listener: (status: HubStatus) => void): () => void;
  /** Calls `listener` for each job in a response of the hub, whoever asked. Returns a function that unsubscribes. */
  onJob(listener: (seen: SeenJob) => void): () => void;
  /** How much of a budget was used lately. */
  budgetUse(budget: MeteredBudget): BudgetUse;
  /** Closes idle connections. Pending calls end with their own contexts. */
  close(): void;
}
