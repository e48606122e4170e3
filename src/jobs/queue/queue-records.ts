/** The records of queued jobs in the store, and the documents that services return for such jobs. */
import { parseJson } from '../../core/exact-json.js';
import { jobRequestBody } from '../../iothub/job-request.js';
import type { HubDocument, JobRequest } from '../../iothub/ports.js';

/**
 * `waiting`: not requested from the hub. `asked`: requested, with unknown result. `open`: created, and occupying a place.
 * `ended`: ended in the queue, without the hub.
 */
export type QueueState = 'waiting' | 'asked' | 'open' | 'ended';

/** A queued job without its request, which can be long and is stored by itself. JSON values only. */
export interface QueueHead {
  readonly version: 1;
  readonly jobId: string;
  /** Increases with each job of the queue. */
  readonly sequence: number;
  readonly type: string;
  /** The Thing that scheduled it and fires its events. */
  readonly thing: string;
  /** The id of that call in logs and at the hub. */
  readonly correlationId?: string;
  /** When the caller scheduled it, in epoch milliseconds. */
  readonly calledMs: number;
  /** The start time that the caller chose, if it was ahead. */
  readonly startMs?: number;
  /** Whether the caller chose the id. */
  readonly hasGivenId: boolean;
  readonly state: QueueState;
  /** When it was first requested from the hub. */
  readonly askedMs?: number;
  readonly end?: QueueEnd;
}

/** The end of a job that the hub never had. */
export interface QueueEnd {
  readonly status: 'cancelled' | 'failed';
  readonly atMs: number;
  readonly failureReason?: string;
}

/** A request as it is stored; its start time is in the head. */
export type StoredRequest = Omit<JobRequest, 'startTime'>;

/** The position of a job in the queue, from 1. */
export interface QueuePlace {
  readonly place: number;
  readonly of: number;
}

/** Whether the job waits for a place of the hub. */
export const isWaiting = ({ state }: QueueHead): boolean => state === 'waiting' || state === 'asked';

/** When the job may be created. */
export const dueMsOf = ({ calledMs, startMs }: QueueHead): number => Math.max(calledMs, startMs ?? 0);

/** Compares jobs by the order in which they are created. */
export const inOrder = (a: QueueHead, b: QueueHead): number => dueMsOf(a) - dueMsOf(b) || a.sequence - b.sequence;

/** Returns the request for the hub, without a start time, because the start time has passed. */
export function requestOf(stored: StoredRequest): JobRequest {
  // The store omits a payload of `undefined`, which is not a JSON value.
  return stored.type === 'scheduleDeviceMethod'
    ? ({ payload: undefined, ...stored } as JobRequest)
    : (stored as JobRequest);
}

/** Returns the job as a document like those of the hub, with the status that users see. */
export function queueDocument(head: QueueHead, request: StoredRequest, place: QueuePlace | undefined): HubDocument {
  const { calledMs, startMs, end } = head;
  return {
    ...(parseJson(jobRequestBody(requestOf(request))) as HubDocument),
    createdTime: isoTime(calledMs),
    ...(startMs === undefined ? {} : { startTime: isoTime(startMs) }),
    status: end?.status ?? 'queued',
    ...(end ? { endTime: isoTime(end.atMs) } : {}),
    ...(end?.failureReason === undefined ? {} : { failureReason: end.failureReason }),
    ...(place ? { statusMessage: `waits in the agent's queue, place ${place.place} of ${place.of}` } : {}),
  };
}

/** Checks a value of the store; returns undefined if it is not a head. */
export function readQueueHead(value: unknown): QueueHead | undefined {
  const head = value as Partial<QueueHead> | null | undefined;
  const isHead =
    typeof head === 'object' &&
    head?.version === 1 &&
    typeof head.jobId === 'string' &&
    typeof head.sequence === 'number' &&
    typeof head.type === 'string' &&
    typeof head.thing === 'string' &&
    typeof head.calledMs === 'number' &&
    ['waiting', 'asked', 'open', 'ended'].includes(head.state ?? '') &&
    (head.state === 'ended') === (head.end !== undefined);
  return isHead ? (head as QueueHead) : undefined;
}

const isoTime = (ms: number): string => new Date(ms).toISOString();
