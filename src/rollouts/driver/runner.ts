import type { CallContext } from '../../core/call-context.js';
import type { Timer } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import { newId } from '../../core/random.js';
import { type Action, type Facts, isClosing, nextAction, type Rest, type WaitingFor } from '../machine/next-action.js';
import { isFinal } from '../records/records.js';
import { assemble } from './steps/record-job.js';
import { beginAttempt, beginBatch, scheduleRetry, settle } from './steps/batches.js';
import { expire, finish } from './steps/finish.js';
import { make } from './steps/create-job.js';
import { prepare } from './steps/prepare.js';
import { cancelJob, look } from './steps/poll-job.js';
import { read } from './steps/read-results.js';
import { roomUntilWindowEnds } from './steps/hub-job.js';
import { verify, watchConnections } from './steps/check-devices.js';
import type { RolloutWork } from './open-rollout.js';

/** What a roll-out waits for, and until when it is known. */
export interface Waiting {
  readonly waitingFor: WaitingFor;
  readonly nextActionMs?: number;
}

/** Pauses after a step that failed. The longest, and the time that a call may take, bound when the hub's return is noticed. */
const PROBLEM_PAUSE_MS = { first: 1000, most: 30_000 };
const STORE_PAUSE_MS = 5000;
/** The longest rest: a wall clock that was set forward is noticed after it. */
const MAX_REST_MS = 60_000;

/** What is waited for by the wall clock. */
const WALL_CLOCK_RESTS: ReadonlySet<WaitingFor> = new Set(['approval', 'startTime', 'resume', 'window']);

const isStoreError = (error: unknown): boolean => isAgentError(error, 'StateUnwritable', 'StoreConflict', 'LeaseLost');

/** Drives one roll-out: one step after the other, with the calls of users between them. */
export class RolloutRunner {
  readonly work: RolloutWork;
  readonly #context: CallContext;
  readonly #onFinal: () => void;
  #turn: Promise<unknown> = Promise.resolve();
  #loop: Promise<void> | undefined;
  #endRest: (() => void) | undefined;
  #isAwake = false;
  #failures = 0;
  /** Ends the hub call of the step that is under way. */
  #interruption = new AbortController();
  #mayInterrupt = false;
  /** A step has failed: a write of it may have reached the store all the same. */
  #isUnsure = false;
  #waiting: Waiting = { waitingFor: 'startTime' };

  /** @param signal aborts when the agent stops. */
  constructor(work: RolloutWork, signal: AbortSignal, onFinal: () => void) {
    this.work = work;
    this.#onFinal = onFinal;
    const { clock, log, instruments } = work.env;
    const correlationId = newId();
    this.#context = {
      correlationId,
      deadlineMs: Infinity,
      signal,
      clock,
      log: log.child({ rolloutId: work.record.rolloutId, correlationId }),
      instruments,
    };
    work.wake = () => this.wake();
    signal.addEventListener('abort', this.#stopStep, { once: true });
    if (work.record.state === 'awaitingApproval') this.#waiting = { waitingFor: 'approval' };
  }

  get waiting(): Waiting {
    return this.#waiting;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves when no step runs any more. The signal must have been aborted. */
  async stopped(): Promise<void> {
    this.wake();
    await this.#loop;
  }

  /** Looks at once at what there is to do. */
  wake(): void {
    this.#isAwake = true;
    this.#endRest?.();
  }

  /** Devices have left a hub job of another roll-out. */
  retryBlocked(): void {
    this.work.freedTimes += 1;
    if (this.work.blocked.size === 0) return;
    this.work.blocked.clear();
    this.wake();
  }

  /** Runs a user's call between two steps, then looks at what there is to do. */
  async command<T>(run: (work: RolloutWork) => Promise<T>): Promise<T> {
    // A user does not wait for a hub that is slow or short of budget.
    if (this.#mayInterrupt) this.#interruption.abort(new Error('a user changes the roll-out'));
    try {
      return await this.#exclusive(async () => {
        const result = await this.#onSureGround(() => run(this.work));
        await this.#lookAhead();
        return result;
      });
    } finally {
      this.wake();
    }
  }

  /** Shows what the roll-out waits for after a change, so that the answer to a call does not show what was before. */
  async #lookAhead(): Promise<void> {
    if (isFinal(this.work.record)) return;
    try {
      const action = nextAction(await this.#facts());
      if (action.kind === 'rest') this.#restMs(action);
      else this.#waiting = { waitingFor: 'job' };
    } catch (error) {
      // The change has been made; the next step meets the same problem and shows it.
      this.#context.log.debug({ err: error }, 'what a roll-out waits for could not be determined');
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted && !isFinal(this.work.record)) {
      this.#isAwake = false;
      const restMs = await this.#exclusive(() => this.#step());
      if (restMs !== undefined) await this.#rest(restMs);
    }
    signal.removeEventListener('abort', this.#stopStep);
    if (isFinal(this.work.record)) this.#onFinal();
  }

  readonly #stopStep = (): void => this.#interruption.abort(this.#context.signal.reason);

  /** Does one step; returns how long to rest if there is none. */
  async #step(): Promise<number | undefined> {
    this.#interruption = new AbortController();
    try {
      if (this.#context.signal.aborted || isFinal(this.work.record)) return undefined;
      return await this.#onSureGround(async () => {
        const action = nextAction(await this.#facts());
        if (action.kind === 'rest') return this.#restMs(action);
        if (action.kind === 'prepare' || action.kind === 'read') this.#showAnswers();
        await this.#perform(action, this.#contextOf(action));
        this.#failures = 0;
        return undefined;
      });
    } catch (error) {
      return this.#interruption.signal.aborted ? 0 : this.#pauseAfter(error);
    } finally {
      this.#mayInterrupt = false;
    }
  }

  /** A request for a hub job is never cut off: whether the job exists would not be known. */
  #contextOf({ kind }: Action): CallContext {
    if (kind === 'make' || kind === 'cancelJob') return this.#context;
    this.#mayInterrupt = true;
    return { ...this.#context, signal: this.#interruption.signal };
  }

  /** After a step that failed, the store says what has happened; memory might be wrong about it. */
  async #onSureGround<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isUnsure) await this.work.load();
    this.#isUnsure = false;
    try {
      return await run();
    } catch (error) {
      this.#isUnsure = isStoreError(error) || !isAgentError(error);
      throw error;
    }
  }

  #showAnswers(): void {
    if (this.#failures === 0) this.#waiting = { waitingFor: 'answers' };
  }

  #restMs({ waitingFor, untilMs, isInLine = false }: Rest): number {
    const { work } = this;
    if (!isInLine) {
      // A place that is kept for a roll-out which does not take it would be lost to all.
      work.env.places.leave(work.record.rolloutId);
      work.isInLine = false;
    }
    const isByWallClock = WALL_CLOCK_RESTS.has(waitingFor);
    const now = isByWallClock ? work.env.clock.nowMs() : work.pauses.nowMs();
    const nextActionMs = untilMs !== undefined && !isByWallClock ? work.pauses.wallMs(untilMs) : untilMs;
    this.#waiting = { waitingFor, ...(nextActionMs === undefined ? {} : { nextActionMs }) };
    return Math.min((untilMs ?? Infinity) - now, MAX_REST_MS);
  }

  #pauseAfter(error: unknown): number {
    const isStore = isStoreError(error);
    const pauseMs = isStore
      ? STORE_PAUSE_MS
      : Math.min(PROBLEM_PAUSE_MS.first * 2 ** Math.min(this.#failures, 10), PROBLEM_PAUSE_MS.most);
    this.#failures += 1;
    this.#waiting = {
      waitingFor: isStore ? 'store' : 'hub',
      nextActionMs: this.work.env.clock.nowMs() + pauseMs,
    };
    const { log, signal } = this.#context;
    if (signal.aborted) return 0;
    if (isAgentError(error)) log.debug({ err: error, pauseMs }, 'a step of a roll-out failed and will be repeated');
    else log.error({ err: error, pauseMs }, 'a step of a roll-out failed unexpectedly and will be repeated');
    return pauseMs;
  }

  #perform(action: Exclude<Action, { readonly kind: 'rest' }>, context: CallContext): Promise<void> {
    const { work } = this;
    switch (action.kind) {
      case 'expire':
        return expire(work);
      case 'prepare':
        return prepare(work, context);
      case 'make':
        return make(work, context, action.part);
      case 'look':
        return look(work, context, action.part);
      case 'cancelJob':
        return cancelJob(work, context, action.part);
      case 'read':
        return read(work, context, action.part);
      case 'beginBatch':
        return beginBatch(work);
      case 'scheduleRetry':
        return scheduleRetry(work);
      case 'beginAttempt':
        return beginAttempt(work);
      case 'assemble':
        return assemble(work, context, action.from);
      case 'settle':
        return settle(work);
      case 'verify':
        return verify(work, context, isClosing(work.record));
      case 'askConnections':
        return watchConnections(work, context);
      case 'finish':
        return finish(work);
    }
  }

  async #facts(): Promise<Facts> {
    const { work } = this;
    const { windows, record } = work;
    const nowMs = work.env.clock.nowMs();
    const isHolding = record.state === 'running' || record.state === 'paused' ? (work.batch?.holding ?? 0) > 0 : false;
    return {
      nowMs,
      pauseMs: work.pauses.nowMs(),
      record,
      plan: work.plan,
      batch: work.batch,
      parts: [...work.parts.values()],
      hasAgain: isHolding && (await work.first('again')) !== undefined,
      retryAttempt: isHolding ? (await work.first('retry'))?.due : undefined,
      lateMs: await this.#lateMs(),
      blocked: work.blocked,
      isWindowOpen: windows.isAlwaysOpen || roomUntilWindowEnds(work).maxDevices >= 1,
      nextWindowMs: windows.nextAfter(nowMs)?.startMs,
      isInLine: work.isInLine,
      verifyMs: work.verify.dueMs,
      connectionsMs: work.connections.dueMs,
    };
  }

  async #lateMs(): Promise<number | undefined> {
    const { work } = this;
    if (work.record.state !== 'running') return undefined;
    if (work.late.size > 0) return 0;
    if ((work.record.counts.retrying ?? 0) === 0) return undefined;
    return (await work.first('lateRetry'))?.due;
  }

  async #rest(restMs: number): Promise<void> {
    if (this.#isAwake || this.#context.signal.aborted) return;
    let timer: Timer | undefined;
    const { clock } = this.work.env;
    await new Promise<void>((resolve) => {
      this.#endRest = resolve;
      timer = clock.schedule(Math.max(0, restMs), resolve);
    });
    timer?.cancel();
    this.#endRest = undefined;
  }

  /** One after the other, in the order of the calls. */
  #exclusive<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run, run);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
