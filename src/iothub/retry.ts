import { fullJitterMs } from '../core/backoff.js';
import { type CallContext, remainingMs } from '../core/call-context.js';
import { sleep } from '../core/clock.js';
import { AgentError, isAgentError } from '../core/errors.js';
import { type Random, systemRandom } from '../core/random.js';

export interface RetryOptions {
  /** Upper bound of the first pause. */
  readonly baseMs: number;
  /** Upper bound of any pause. */
  readonly capMs: number;
  /** No attempt is started with less time left than this. */
  readonly smallestAttemptMs: number;
  readonly random: Random;
  /** Whether a transient failure may be followed by another attempt; all may if absent. */
  readonly isRepeatable?: (error: unknown) => boolean;
}

export const DEFAULT_RETRY: RetryOptions = { baseMs: 200, capMs: 4000, smallestAttemptMs: 400, random: systemRandom };

/**
 * Retries `attempt` with full jitter while its failure is transient and time is left. At the deadline, throws the failure of
 * the last attempt, or that of the pending attempt when it is aborted. If the response of any attempt was lost, the error
 * has `context.answerLost`: the hub may have processed the request.
 */
export async function withRetries<T>(
  context: CallContext,
  attempt: () => Promise<T>,
  options: RetryOptions = DEFAULT_RETRY,
): Promise<T> {
  let answerLost = false;
  for (let count = 0; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      answerLost ||= isAnswerLost(error);
      const pauseMs = pauseBefore(context, count, options);
      const isLast = !isTransient(error) || options.isRepeatable?.(error) === false;
      if (isLast || pauseMs === undefined) throw answerLost ? marked(error) : error;
      context.instruments.count('hub_retries_total');
      context.log.debug({ err: error, attempt: count + 1, pauseMs }, 'the request to the hub will be retried');
      await pause(context, pauseMs, error);
    }
  }
}

/** Whether the same request may succeed if it is retried soon. */
export function isTransient(error: unknown): boolean {
  return isAgentError(error) && error.context['transient'] === true;
}

/** Whether the hub has certainly not carried out a request that failed: it refused it with 429, or was never reached. */
export function isUnprocessed(error: unknown): boolean {
  return isAgentError(error, 'HubThrottled') || (isAgentError(error, 'HubUnavailable') && !isAnswerLost(error));
}

/** Whether the hub may have processed an earlier attempt whose response was lost. */
export function isAnswerLost(error: unknown): boolean {
  if (!isAgentError(error)) return false;
  return error.context['answerLost'] === true || Number(error.context['httpStatus'] ?? 0) >= 500;
}

function pauseBefore(context: CallContext, count: number, options: RetryOptions): number | undefined {
  const leftMs = remainingMs(context) - options.smallestAttemptMs;
  if (leftMs <= 0 || context.signal.aborted) return undefined;
  return Math.min(fullJitterMs(count, options, options.random), leftMs);
}

async function pause(context: CallContext, pauseMs: number, failure: unknown): Promise<void> {
  try {
    await sleep(context.clock, pauseMs, context.signal);
  } catch {
    throw failure;
  }
}

function marked(error: unknown): unknown {
  if (!isAgentError(error) || error.context['answerLost'] === true) return error;
  return new AgentError(error.code, error.message, {
    cause: error.cause,
    retryable: error.retryable,
    context: { ...error.context, answerLost: true },
  });
}
