/** What the agent's queue keeps in the store for one job, and how such a job is shown. */
import { parseJson } from '../../core/exact-json.js';
import { jobRequestBody } from '../../iothub/job-request.js';
import type { HubDocument, JobRequest } from '../../iothub/ports.js';

/**
 * `waiting`: not sent to the hub. `asked`: sent, and the response is not known. `open`: the hub has it and it takes a
 * place. `ended`: it ended here, without the hub.
 */
export type QueueState = 'waiting' | 'asked' | 'open' | 'ended';

/** A job of the queue without its request, which can be long and stays in the store. JSON values only. */
export interface QueueHead {
  readonly version: 1;
  readonly jobId: string;
  /** Grows with each job of the queue. */
  readonly sequence: number;
  readonly type: string;
  /** The Thing that scheduled it and fires its events. */
  readonly thing: string;
  /** When the caller scheduled it, in epoch milliseconds. */
  readonly calledMs: number;
  /** The start time that the caller chose, if it was ahead. */
  readonly startMs?: number;
  /** Whether the caller chose the id. */
  readonly hasGivenId: boolean;
  readonly state: QueueState;
  /** When the hub was first asked for it. */
  readonly askedMs?: number;
  readonly end?: QueueEnd;
}

/** How a job ended that the hub never had. */
export interface QueueEnd {
  readonly status: 'cancelled' | 'failed';
  readonly atMs: number;
  readonly failureReason?: string;
}

/** A request as the store has it; its start time is in the head. */
export type StoredRequest = Omit<JobRequest, 'startTime'>;

/** Where a job stands in the queue, from 1. */
export interface QueuePlace {
  readonly place: number;
  readonly of: number;
}

/** Whether the job still waits for a place of the hub. */
export const isWaiting = ({ state }: QueueHead): boolean => state === 'waiting' || state === 'asked';

/** When the job may be created. */
export const dueMsOf = ({ calledMs, startMs }: QueueHead): number => Math.max(calledMs, startMs ?? 0);

/** In the order in which the jobs are created. */
export const inOrder = (a: QueueHead, b: QueueHead): number => dueMsOf(a) - dueMsOf(b) || a.sequence - b.sequence;

/** The request as it goes to the hub: without a start time, since that has come. */
export function requestOf(stored: StoredRequest): JobRequest {
  // A payload of `undefined` is no JSON value, so that the store has left it out.
  return stored.type === 'scheduleDeviceMethod'
    ? ({ payload: undefined, ...stored } as JobRequest)
    : (stored as JobRequest);
}

/** The job as a document of the hub would show it. Its status is the one that is shown. */
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

/** A head as the store returns it; `undefined` for anything else. */
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
