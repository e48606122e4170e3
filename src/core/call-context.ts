import { callLog, type CallNotes, type Log, type LogFields, silentLog } from './log.js';
import { type Clock, systemClock, type Timer } from './clock.js';
import { newId } from './random.js';
import { type Instruments, noInstruments } from './instruments.js';

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
  /** Why `signal` has aborted; undefined while it has not. */
  readonly abortReason: unknown;
  /**
   * Calls `listener` once when `signal` aborts, at once if it has. Returns a function that unsubscribes. For code that
   * every call runs through: an AbortController that is created, listened to and aborted takes 10 µs.
   */
  onAbort(listener: (reason: unknown) => void): () => void;
  readonly clock: Clock;
  /** Adds the correlation id and the fields of `notes` to each line. */
  readonly log: Log;
  readonly instruments: Instruments;
  readonly notes: CallNotes;
}

export interface CallContextOptions {
  readonly timeoutMs: number;
  readonly correlationId?: string;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Added to each line of the log, beside the correlation id. */
  readonly logFields?: LogFields;
  readonly instruments?: Instruments;
  /** Aborts the call when it aborts, in addition to the deadline. */
  readonly signal?: AbortSignal;
  /** The call that this one is a part of: aborts it, and provides its log. */
  readonly parent?: CallContext;
  readonly notes?: CallNotes;
}

/** A context that its owner must dispose of when the call has ended. */
export interface OwnedCallContext extends CallContext {
  /**
   * Cancels the timer and aborts the signal, since without the timer nothing else would end work that is still running.
   * @param reason why the call ended early; absent when it has been answered.
   */
  dispose(reason?: Error): void;
}

/** Why the signal of an answered call aborts; created once, since that ends almost every call. */
const ENDED = new Error('the call has ended');

/**
 * Starts the context of one call. Signal, timer and log are created on first use: most calls that are answered from memory
 * never use them, and creating them took 60 % of the time of such a call.
 */
export function startCall(options: CallContextOptions): OwnedCallContext {
  return new StartedCall(options);
}

class StartedCall implements OwnedCallContext {
  readonly correlationId: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly instruments: Instruments;
  readonly notes: CallNotes;
  readonly #options: CallContextOptions;
  readonly #listeners = new Set<(reason: unknown) => void>();
  #log: Log | undefined;
  #signal: AbortSignal | undefined;
  #timer: Timer | undefined;
  #leaveSources: (() => void) | undefined;
  #reason: unknown;

  constructor(options: CallContextOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.correlationId = options.correlationId ?? newId();
    this.deadlineMs = this.clock.monotonicMs() + options.timeoutMs;
    this.instruments = options.instruments ?? noInstruments;
    this.notes = options.notes ?? {};
  }

  get log(): Log {
    const { parent, log = silentLog, logFields } = this.#options;
    this.#log ??=
      parent?.log ?? callLog(log, { correlationId: this.correlationId, fields: logFields, notes: this.notes });
    return this.#log;
  }

  get signal(): AbortSignal {
    if (this.#signal) return this.#signal;
    const controller = new AbortController();
    this.#signal = controller.signal;
    this.onAbort((reason) => controller.abort(reason));
    return this.#signal;
  }

  get abortReason(): unknown {
    this.#observe();
    return this.#reason;
  }

  onAbort(listener: (reason: unknown) => void): () => void {
    this.#observe();
    if (this.#reason === undefined) this.#listeners.add(listener);
    else listener(this.#reason);
    return () => void this.#listeners.delete(listener);
  }

  dispose(reason = ENDED): void {
    this.#end(this.clock.monotonicMs() >= this.deadlineMs ? overdue() : reason);
  }

  /** Starts to observe the deadline, the parent and the signal, each of which ends the call. */
  #observe(): void {
    if (this.#timer || this.#reason !== undefined) return;
    const { parent, signal } = this.#options;
    const end = (reason: unknown): void => this.#end(reason);
    const leftMs = this.deadlineMs - this.clock.monotonicMs();
    this.#timer = this.clock.schedule(Math.max(0, leftMs), () => end(overdue()));
    const leaveParent = parent?.onAbort(end);
    const leaveSignal = signal && onSignal(signal, end);
    this.#leaveSources = () => (leaveParent?.(), leaveSignal?.());
    if (this.#reason !== undefined) this.#leaveSources();
    else if (leftMs <= 0) end(overdue());
  }

  #end(reason: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason ?? ENDED;
    this.#timer?.cancel();
    this.#leaveSources?.();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(this.#reason);
  }
}

/** Calls `listener` when `signal` aborts, at once if it has. Returns a function that unsubscribes. */
function onSignal(signal: AbortSignal, listener: (reason: unknown) => void): () => void {
  const onAbort = (): void => listener(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}

/** Returns a context without a deadline, for work that continues until `signal` aborts. */
export function untilSignal(
  signal: AbortSignal,
  context: Pick<CallContext, 'correlationId' | 'clock' | 'log' | 'instruments' | 'notes'>,
): CallContext {
  const { correlationId, clock, log, instruments, notes } = context;
  return {
    correlationId,
    clock,
    log,
    instruments,
    notes,
    signal,
    deadlineMs: Infinity,
    get abortReason(): unknown {
      return signal.aborted ? signal.reason : undefined;
    },
    onAbort: (listener) => onSignal(signal, listener),
  };
}

/**
 * Records what a call changes: from now on, its log lines and those of its requests to the hub have these fields and are at
 * level info.
 */
export function noteChange({ notes }: CallContext, fields: LogFields): void {
  notes.fields = { ...notes.fields, ...fields };
}

/** Logs one line at info for a call that changes something, otherwise at debug. */
export function logCall({ log, notes }: CallContext, fields: LogFields, message: string): void {
  if (notes.fields === undefined) log.debug(fields, message);
  else log.info(fields, message);
}

function overdue(): Error {
  return new Error('deadline');
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
    instruments: context.instruments,
    notes: context.notes,
    parent: context,
    ...(limits.signal && { signal: limits.signal }),
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
