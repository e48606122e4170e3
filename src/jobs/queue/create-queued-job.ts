import type { CallContext } from '../../core/call-context.js';
import { isAgentError } from '../../core/errors.js';
import type { HubDocument, HubOperations } from '../../iothub/ports.js';
import { type Guards, guardMethod } from '../guards.js';
import { findJob, FORGOTTEN_AFTER_MS } from '../known-job.js';
import { isRefusal, putOrFind } from '../schedule.js';
import { type QueueHead, requestOf, type StoredRequest } from './queue-records.js';

/** The result of a request to create a queued job. */
export type Creation =
  | { readonly kind: 'accepted'; readonly document: HubDocument }
  /** The hub has no place. `isSure`: whether the job certainly does not exist. */
  | { readonly kind: 'noPlace'; readonly isSure: boolean }
  /** It will never be created. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Unknown; to be requested again later. */
  | { readonly kind: 'unknown'; readonly error: unknown };

export interface CreationOptions {
  readonly hub: HubOperations;
  readonly guards: Guards;
}

/**
 * Creates a queued job. The request can be repeated after a lost response or a crash: an existing job with the same
 * definition is this one.
 */
export async function createQueuedJob(
  { hub, guards }: CreationOptions,
  context: CallContext,
  head: QueueHead,
  stored: StoredRequest,
): Promise<Creation> {
  try {
    const request = requestOf(stored);
    const { askedMs = Infinity } = head;
    if (context.clock.nowMs() - askedMs > FORGOTTEN_AFTER_MS) {
      const known = await findJob(hub, context, head.jobId);
      return known ? { kind: 'accepted', document: known.document } : { kind: 'refused', reason: 'JobLost' };
    }
    if (request.type === 'scheduleDeviceMethod') guardMethod(guards, request.methodName);
    const job = { request, hasGivenId: head.hasGivenId, hasGivenStart: false };
    return { kind: 'accepted', document: await putOrFind(hub, context, job) };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): Creation {
  if (isAgentError(error, 'HubJobQuotaExceeded')) return { kind: 'noPlace', isSure: isRefusal(error) };
  const isFinal =
    isAgentError(error, 'Forbidden', 'InvalidArgument') ||
    (isAgentError(error, 'HubRejected', 'JobAlreadyExists') && isRefusal(error));
  return isFinal && isAgentError(error) ? { kind: 'refused', reason: error.reason } : { kind: 'unknown', error };
}
