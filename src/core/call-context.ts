import { type Clock, systemClock } from './clock.js';
import { newId } from './ids.js';
import { type Instruments, noInstruments } from './instruments.js';
import { type Log, silentLog } from './log.js';

/**
 * What goes with one call through every handler and port: who asked, how long there is, where to write of it.
 * An explicit parameter everywhere, so that no room keeps global state.
 */
export interface CallContext {
  /** Names the call in logs and in the text of an Internal error. */
  readonly correlationId: string;
  /** On `clock.monotonicMs()`: after it nobody waits for the answer. */
  readonly deadlineMs: number;
  /** Aborts at the deadline, when the caller is gone, or at shutdown. */
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

/** A context that must be disposed of when the call has ended. */
export interface OwnedCallContext extends CallContext {
  /** Cancels the timer, and aborts what still runs for the call: without the timer nothing else would end it. */
  dispose(): void;
}

/** Why a signal aborts after its call; created once, since each call ends with it. */
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

/** Milliseconds until the deadline; never below zero. */
export function remainingMs(context: CallContext): number {
  return Math.max(0, context.deadlineMs - context.clock.monotonicMs());
}
