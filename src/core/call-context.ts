import { type Clock, systemClock } from './clock.js';
import { newId } from './random.js';
import { type Instruments, noInstruments } from './instruments.js';
import { type Log, type LogFields, silentLog } from './log.js';

/** What a call changes, which becomes known while it runs. Shared by the parts of the call. */
export interface CallNotes {
  /** `jobId`, `rolloutId` and the like; undefined for a call that changes nothing. */
  fields?: LogFields;
}

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
  /** Adds the correlation id and what was noted to each line. */
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
  /** Aborts the call when this one aborts, and lends it its log; both are read only when those of the part are. */
  readonly parent?: CallContext;
  readonly notes?: CallNotes;
}

/** A context that its owner must dispose of when the call has ended. */
export interface OwnedCallContext extends CallContext {
  /**
   * Cancels the timer and aborts the signal, since without the timer nothing else would end work that still runs.
   * @param reason why the call ended early; absent when it has been answered.
   */
  dispose(reason?: Error): void;
}

/** The reason of the signal of a call that has ended; created once, since every call ends with it. */
const ENDED = new Error('the call has ended');

/**
 * Starts the context of one call. Signal, timer and log are created when they are first read: most calls that are answered
 * from memory never read them, and they were 60 % of the time that the agent spends on such a call.
 */
export function startCall(options: CallContextOptions): OwnedCallContext {
  const clock = options.clock ?? systemClock;
  const correlationId = options.correlationId ?? newId();
  const deadlineMs = clock.monotonicMs() + options.timeoutMs;
  let ended: Error | undefined;
  let abortable: Abortable | undefined;
  const notes = options.notes ?? {};
  let log: Log | undefined;
  return {
    correlationId,
    deadlineMs,
    get signal() {
      abortable ??= abortableUntil(deadlineMs, clock, options, ended);
      return abortable.signal;
    },
    clock,
    get log() {
      log ??= options.parent?.log ?? callLog(options.log ?? silentLog, { ...options.logFields, correlationId }, notes);
      return log;
    },
    instruments: options.instruments ?? noInstruments,
    notes,
    dispose(reason = ENDED) {
      ended ??= clock.monotonicMs() >= deadlineMs ? overdue() : reason;
      abortable?.end(ended);
    },
  };
}

/**
 * Notes what a call changes: its lines, and those of its requests to the hub, have these fields from now on and are logged
 * at level info.
 */
export function noteChange({ notes }: CallContext, fields: LogFields): void {
  notes.fields = { ...notes.fields, ...fields };
}

/** Logs one line at info for a call that changes something, otherwise at debug. */
export function logCall({ log, notes }: CallContext, fields: LogFields, message: string): void {
  if (notes.fields === undefined) log.debug(fields, message);
  else log.info(fields, message);
}

/** Returns a log that adds `fields`, and what is noted by then, to each line. */
export function callLog(log: Log, fields: LogFields, notes: CallNotes = {}): Log {
  return new CallLog(log, fields, notes);
}

/** Merges fields when a line is written: most calls write none, and creating a derived log costs more than a line. */
class CallLog implements Log {
  readonly #log: Log;
  readonly #fields: LogFields;
  readonly #notes: CallNotes;

  constructor(log: Log, fields: LogFields, notes: CallNotes) {
    this.#log = log;
    this.#fields = fields;
    this.#notes = notes;
  }

  trace(fields: LogFields, message: string): void {
    this.#log.trace(this.#merged(fields), message);
  }

  debug(fields: LogFields, message: string): void {
    this.#log.debug(this.#merged(fields), message);
  }

  info(fields: LogFields, message: string): void {
    this.#log.info(this.#merged(fields), message);
  }

  warn(fields: LogFields, message: string): void {
    this.#log.warn(this.#merged(fields), message);
  }

  error(fields: LogFields, message: string): void {
    this.#log.error(this.#merged(fields), message);
  }

  child(fields: LogFields): Log {
    return new CallLog(this.#log, { ...this.#fields, ...fields }, this.#notes);
  }

  #merged(fields: LogFields): LogFields {
    return { ...this.#fields, ...this.#notes.fields, ...fields };
  }
}

interface Abortable {
  readonly signal: AbortSignal;
  /** Aborts the signal, and releases the timer and the listeners. */
  end(reason: unknown): void;
}

function abortableUntil(
  deadlineMs: number,
  clock: Clock,
  { parent, signal }: Pick<CallContextOptions, 'parent' | 'signal'>,
  ended: Error | undefined,
): Abortable {
  const controller = new AbortController();
  const sources = [parent?.signal, signal].filter((source) => source !== undefined);
  const leftMs = deadlineMs - clock.monotonicMs();
  const timer = clock.schedule(Math.max(0, leftMs), () => end(overdue()));
  const onSourceAbort = (event: Event): void => end((event.target as AbortSignal).reason);
  const end = (reason: unknown): void => {
    timer.cancel();
    for (const source of sources) source.removeEventListener('abort', onSourceAbort);
    controller.abort(reason);
  };
  for (const source of sources) source.addEventListener('abort', onSourceAbort, { once: true });
  const aborted = sources.find((source) => source.aborted);
  if (ended || aborted) end(ended ?? aborted?.reason);
  else if (leftMs <= 0) end(overdue());
  return { signal: controller.signal, end };
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
