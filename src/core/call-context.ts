import { type Clock, systemClock } from './clock.js';
import { newId } from './random.js';
import { type Instruments, noInstruments } from './instruments.js';
import { type Log, silentLog } from './log.js';

/**
 * The context of one call, passed to every handler and port: its id, deadline, log and instruments. An explicit parameter,
 * so that no module keeps global state.
 */
export interface CallContext {
  /** Identifies the call in logs and in the text of an Internal error. */
  readonly correlationId: string;
  /** The deadline on `clock.monotonicMs()`, after which the caller no longer waits for the response. */
  readonly deadlineMs: number;
  /** Aborts at the deadline, when the caller has disconnected, or at shutdown. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

export interface CallContextOptions {
  readonly timeoutMs: number;
  readonly correlationId?: string;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly instruments?: Instruments;
  /** Aborts the call when it aborts, in addition to the deadline. */
  readonly signal?: AbortSignal;
}

/** A context that its owner must dispose of when the call has ended. */
export interface OwnedCallContext extends CallContext {
  /** Cancels the timer and aborts the signal, since without the timer nothing else would end work that still runs. */
  dispose(): void;
}

/** The reason of the signal of a call that has ended; created once, since every call ends with it. */
const ENDED = new Error('the call has ended');

/** Starts the context of one call. */
export function startCall(options: CallContextOptions): OwnedCallContext {
  const clock = options.clock ?? systemClock;
  const correlationId = options.correlationId ?? newId();
  const controller = new AbortController();
  const onParentAbort = (): void => controller.abort(options.signal?.reason);
  const timer = clock.schedule(options.timeoutMs, () => controller.abort(new Error('deadline')));
  if (options.signal?.aborted) onParentAbort();
  else options.signal?.addEventListener('abort', onParentAbort, { once: true });
  return {
    correlationId,
    deadlineMs: clock.monotonicMs() + options.timeoutMs,
    signal: controller.signal,
    clock,
    log: (options.log ?? silentLog).child({ correlationId }),
    instruments: options.instruments ?? noInstruments,
    dispose() {
      timer.cancel();
      options.signal?.removeEventListener('abort', onParentAbort);
      controller.abort(ENDED);
    },
  };
}

/** Returns the milliseconds until the deadline; never below zero. */
export function remainingMs(context: CallContext): number {
  return Math.max(0, context.deadlineMs - context.clock.monotonicMs());
}

/**
 * Starts the context of a part of a call that must end earlier than the whole: `reserveMs` before its deadline, after at
 * most `maxMs`, and when `signal` aborts. Must be disposed of.
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
 * Runs parts of a call concurrently. If one fails, the others are aborted, since nothing would end them once the call has
 * failed. Settles when all have settled.
 * @throws the error of the part that failed first.
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
