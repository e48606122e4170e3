import { type CallContext, type OwnedCallContext, remainingMs, startCall } from '../core/call-context.js';

/**
 * A part of a call that must end earlier than the whole: `reserveMs` before its deadline, after `maxMs` at most, and
 * when `signal` aborts. To be disposed of.
 */
export function startPart(
  context: CallContext,
  limits: { readonly reserveMs?: number; readonly maxMs?: number; readonly signal?: AbortSignal },
): OwnedCallContext {
  const leftMs = remainingMs(context) - (limits.reserveMs ?? 0);
  return startCall({
    timeoutMs: Math.max(0, Math.min(leftMs, limits.maxMs ?? Infinity)),
    correlationId: context.correlationId,
    clock: context.clock,
    log: context.log,
    instruments: context.instruments,
    signal: limits.signal === undefined ? context.signal : AbortSignal.any([context.signal, limits.signal]),
  });
}

/**
 * Runs parts of a call side by side. When one fails, the others are ended, since nothing would end them once the call
 * has failed. Settles when none runs any more.
 * @throws what the first one that failed has thrown.
 */
export async function sideBySide<T extends readonly unknown[]>(
  context: CallContext,
  runs: { readonly [K in keyof T]: (part: CallContext) => Promise<T[K]> },
): Promise<T> {
  const failure = new AbortController();
  const part = startPart(context, { signal: failure.signal });
  try {
    const running = (runs as readonly ((part: CallContext) => Promise<unknown>)[]).map((run) => run(part));
    for (const run of running) run.catch((error: unknown) => failure.abort(error));
    await Promise.allSettled(running);
    if (failure.signal.aborted) throw failure.signal.reason;
    return (await Promise.all(running)) as unknown as T;
  } finally {
    part.dispose();
  }
}
