import { type CallContext, type OwnedCallContext, remainingMs, startCall } from '../core/call-context.js';

/**
 * A part of a call that must end earlier than the whole: `reserveMs` before its deadline, and after `maxMs` at most.
 * To be disposed of.
 */
export function startPart(
  context: CallContext,
  limits: { readonly reserveMs?: number; readonly maxMs?: number },
): OwnedCallContext {
  const leftMs = remainingMs(context) - (limits.reserveMs ?? 0);
  return startCall({
    timeoutMs: Math.max(0, Math.min(leftMs, limits.maxMs ?? Infinity)),
    correlationId: context.correlationId,
    clock: context.clock,
    log: context.log,
    instruments: context.instruments,
    signal: context.signal,
  });
}
