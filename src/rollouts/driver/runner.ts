import { type CallContext, untilSignal } from '../../core/call-context.js';
import { callLog } from '../../core/log.js';
import { type SpanOptions, traced } from '../../core/instruments.js';
import { doublingDelayMs } from '../../core/backoff.js';
import { isAgentError } from '../../core/errors.js';
import { newId } from '../../core/random.js';
import { WakeablePause } from '../../core/wakeable-pause.js';
import { type Action, type Facts, LOCAL_ACTIONS, nextAction, waitingDuring } from '../machine/next-action.js';
import { firstWaitingFor, type Wait, type Waiting, type WaitingFor } from '../machine/waiting.js';
import { isContinuous, isFinal } from '../records/records.js';
import { jobCapacity } from './steps/hub-job.js';
import type { OpenRollout } from './open-rollout.js';
import { performStep } from './perform-step.js';
import { closeCalls } from './steps/call-devices.js';

/** Pauses after a failed step. The longest one and the timeout of a call bound how late the return of the hub is noticed. */
const PROBLEM_PAUSE = { baseMs: 1000, capMs: 30_000 };
const STORE_PAUSE_MS = 5000;
/** A hub call that takes longer than this is shown: the hub is away or slow, or its tier has no budget left. */
const SLOW_CALL_MS = 5000;
/** What ends by the wall clock; everything else ends by the clock that pauses are measured by. */
const WALL_CLOCK_WAITS: ReadonlySet<WaitingFor> = new Set(['approval', 'startTime', 'resume', 'platform', 'window']);

const isStoreError = (error: unknown): boolean =>
  isAgentError(error, 'StateUnwritable', 'StoreUnavailable', 'StoreConflict', 'LeaseLost');

/** Drives one roll-out: runs one step after the other, and the calls of users between them. */
export class RolloutRunner {
  readonly rollout: OpenRollout;
  readonly #context: CallContext;
  readonly #onFinal: () => void;
  #turn: Promise<unknown> = Promise.resolve();
  #loop: Promise<void> | undefined;
  readonly #pause: WakeablePause;
  #failures = 0;
  /** Aborts the hub call of the current step. */
  #interruption = new AbortController();
  #mayInterrupt = false;
  /** A step has failed, and its write may have reached the store nevertheless. */
  #isStateUncertain = false;
  #waiting: Waiting;
  /** Start of the hub call of the current step, by the monotonic clock. */
  #hubCallSinceMs: number | undefined;

  /** @param signal aborts when the agent stops. */
  constructor(rollout: OpenRollout, signal: AbortSignal, onFinal: () => void) {
    this.rollout = rollout;
    this.#onFinal = onFinal;
    const { clock, log, instruments } = rollout.env;
    const { rolloutId, correlationId = newId() } = rollout.record;
    this.#pause = new WakeablePause(clock);
    this.#context = untilSignal(signal, {
      correlationId,
      clock,
      log: callLog(log, { correlationId, fields: { rolloutId } }),
      instruments,
      notes: {},
    });
    rollout.wake = () => this.wake();
    signal.addEventListener('abort', this.#stopStep, { once: true });
    this.#waiting = { waitingFor: firstWaitingFor(rollout.record) };
  }

  get waiting(): Waiting {
    const callMs = this.#context.clock.monotonicMs() - (this.#hubCallSinceMs ?? Infinity);
    return callMs < SLOW_CALL_MS ? this.#waiting : { waitingFor: 'hub' };
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when no step runs any more. The signal must have been aborted. */
  async stopped(): Promise<void> {
    this.wake();
    await this.#loop;
    await closeCalls(this.rollout).catch((error: unknown) => {
      this.#context.log.debug({ err: error }, 'the ends of direct calls could not be stored');
    });
  }

  /** Ends a pause, because there may be something to do. */
  wake(): void {
    this.#pause.wake();
  }

  /** To be called when devices have left a hub job of another roll-out. */
  retryBlocked(): void {
    this.rollout.freedCount += 1;
    if (this.rollout.blocked.size === 0) return;
    this.rollout.blocked.clear();
    this.wake();
  }

  /** Runs a user's call between two steps. */
  async command<T>(run: (rollout: OpenRollout) => Promise<T>): Promise<T> {
    // A user must not wait for a hub that is slow, or for the budget of its tier.
    if (this.#mayInterrupt) this.#interruption.abort(new Error('a user changes the roll-out'));
    try {
      return await this.#exclusive(async () => {
        const result = await this.#withKnownState(() => run(this.rollout));
        await this.#updateWaiting();
        return result;
      });
    } finally {
      this.wake();
    }
  }

  /** Determines what the roll-out waits for after a change, so that the response to a call does not show an earlier state. */
  async #updateWaiting(): Promise<void> {
    if (isFinal(this.rollout.record)) return;
    try {
      const action = nextAction(await this.#facts());
      if (action.kind === 'wait') this.#beginWait(action);
      else this.#waiting = { waitingFor: 'job' };
    } catch (error) {
      // The change has been made; the next step fails in the same way and reports it.
      this.#context.log.debug({ err: error }, 'what a roll-out waits for could not be determined');
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted && !isFinal(this.rollout.record)) {
      this.#pause.reset();
      const pauseMs = await this.#exclusive(() => this.#step());
      if (pauseMs !== undefined && !signal.aborted) await this.#pause.forMs(pauseMs);
    }
    signal.removeEventListener('abort', this.#stopStep);
    if (isFinal(this.rollout.record)) this.#onFinal();
  }

  readonly #stopStep = (): void => this.#interruption.abort(this.#context.signal.reason);

  /** Runs one step; returns how long to pause if there is none to run. */
  async #step(): Promise<number | undefined> {
    this.#interruption = new AbortController();
    try {
      if (this.#context.signal.aborted || isFinal(this.rollout.record)) return undefined;
      return await this.#withKnownState(async () => {
        const action = nextAction(await this.#facts());
        if (action.kind === 'wait') return this.#beginWait(action);
        if (this.#failures === 0) this.#waiting = waitingDuring(action) ?? this.#waiting;
        await traced(this.#context.instruments, this.#spanOf(action), () =>
          performStep(this.rollout, action, this.#contextOf(action)),
        );
        this.#failures = 0;
        return undefined;
      });
    } catch (error) {
      return this.#interruption.signal.aborted ? 0 : this.#pauseAfter(error);
    } finally {
      this.#mayInterrupt = false;
      this.#hubCallSinceMs = undefined;
    }
  }

  /** Steps run for days after the call that started the roll-out, so they are not parts of its trace. */
  #spanOf({ kind }: Action): SpanOptions {
    const { rolloutId } = this.rollout.record;
    const attributes = { step: kind, 'rollout.id': rolloutId, 'correlation.id': this.#context.correlationId };
    return { name: 'roll-out step', attributes, isRoot: true };
  }

  /** A request for a hub job is never aborted, because it would then be unknown whether the job exists. */
  #contextOf({ kind }: Action): CallContext {
    this.#hubCallSinceMs = LOCAL_ACTIONS.has(kind) ? undefined : this.#context.clock.monotonicMs();
    // What one step notes, such as a jobId, must not be in the log lines of the next.
    const context = untilSignal(this.#context.signal, { ...this.#context, notes: {} });
    if (kind === 'createJob' || kind === 'cancelJob') return context;
    this.#mayInterrupt = true;
    return untilSignal(this.#interruption.signal, context);
  }

  /** Reads the roll-out from the store first if a step has failed, because memory may differ from the store after that. */
  async #withKnownState<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isStateUncertain) await this.rollout.load();
    this.#isStateUncertain = false;
    try {
      return await run();
    } catch (error) {
      this.#isStateUncertain = isStoreError(error) || !isAgentError(error);
      throw error;
    }
  }

  /** Notes what the roll-out waits for; returns how long to pause. */
  #beginWait({ waitingFor, untilMs, isInLine = false }: Wait): number {
    const { rollout } = this;
    if (!isInLine) {
      // A place that stays reserved for a roll-out that does not take it could not be used by any other.
      rollout.env.places.leave(rollout.record.rolloutId);
      rollout.isInLine = false;
    }
    const isByWallClock = WALL_CLOCK_WAITS.has(waitingFor);
    const now = isByWallClock ? rollout.env.clock.nowMs() : rollout.pauses.nowMs();
    const nextActionMs = untilMs !== undefined && !isByWallClock ? rollout.pauses.wallMs(untilMs) : untilMs;
    this.#waiting = { waitingFor, ...(nextActionMs === undefined ? {} : { nextActionMs }) };
    return (untilMs ?? Infinity) - now;
  }

  #pauseAfter(error: unknown): number {
    const isStore = isStoreError(error);
    const pauseMs = isStore ? STORE_PAUSE_MS : doublingDelayMs(this.#failures, PROBLEM_PAUSE);
    this.#failures += 1;
    this.#waiting = {
      waitingFor: isStore ? 'store' : 'hub',
      nextActionMs: this.rollout.env.clock.nowMs() + pauseMs,
    };
    const { log, signal } = this.#context;
    if (signal.aborted) return 0;
    if (isAgentError(error)) log.debug({ err: error, pauseMs }, 'a step of a roll-out failed and will be repeated');
    else log.error({ err: error, pauseMs }, 'a step of a roll-out failed unexpectedly and will be repeated');
    return pauseMs;
  }

  async #facts(): Promise<Facts> {
    const { rollout } = this;
    const { windows, record } = rollout;
    const nowMs = rollout.env.clock.nowMs();
    const isUnsettled =
      record.state === 'running' || record.state === 'paused' ? (rollout.batch?.unsettledCount ?? 0) > 0 : false;
    const isWindowOpen = windows.isAlwaysOpen || jobCapacity(rollout).maxDevices >= 1;
    return {
      nowMs,
      pauseMs: rollout.pauses.nowMs(),
      record,
      plan: rollout.plan,
      batch: rollout.batch,
      parts: [...rollout.parts.values()],
      hasPostponed: isUnsettled && (await rollout.first('postponed')) !== undefined,
      retryAttempt: isUnsettled ? (await rollout.first('retry'))?.due : undefined,
      deferredMs: await this.#deferredMs(),
      blocked: rollout.blocked,
      isHeld: rollout.env.isHeld(),
      isWindowOpen,
      nextWindowMs: isWindowOpen ? undefined : windows.nextAfter(nowMs)?.startMs,
      isInLine: rollout.isInLine,
      verifyMs: rollout.verify.dueMs,
      connectionsMs: rollout.connections.dueMs,
      directCalls: record.definition.via === 'direct' ? this.#directCalls() : undefined,
      join: isContinuous(record)
        ? { dueMs: rollout.join.dueMs, isUnderWay: rollout.join.continuationToken !== undefined }
        : undefined,
      isRunOver: await rollout.isRunOver(),
    };
  }

  #directCalls(): NonNullable<Facts['directCalls']> {
    const { calls, pauses, env } = this.rollout;
    const { free, resumeMs } = calls;
    return {
      hasRoom: free > 0,
      resumeMs: resumeMs === 0 ? undefined : pauses.nowMs() + resumeMs - env.clock.monotonicMs(),
    };
  }

  async #deferredMs(): Promise<number | undefined> {
    const { rollout } = this;
    if (rollout.record.state !== 'running') return undefined;
    if (rollout.deferred.size > 0) return 0;
    if ((rollout.record.counts.retrying ?? 0) === 0) return undefined;
    return (await rollout.first('deferredRetry'))?.due;
  }

  /** Runs one function after the other, in the order of the calls. */
  #exclusive<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run, run);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
