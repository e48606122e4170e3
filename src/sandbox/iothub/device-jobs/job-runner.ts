import { type Clock, sleep } from '../../../core/clock.js';
import { messageOf } from '../../../core/errors.js';
import type { Log } from '../../../core/log.js';
import type { DeviceGateway } from '../ports.js';
import type { Endpoints } from '../state/endpoints.js';
import type { Journal } from '../state/journal.js';
import type { Twins } from '../twins/twins.js';
import type { DeviceWaiters } from '../device-waiters.js';
import { DELETED, INTERRUPTED, NOT_ONLINE, TIMED_OUT, invokeMethod, updateTwin } from './device-operation.js';
import type { JobRecord, JobTask } from './job.js';
import type { JobArchive } from './job-archive.js';
import type { JobRows, RowOutcome } from './job-rows.js';

/** How many devices of one job are processed at a time. */
const MAX_AT_WORK = 5_000;
/** How many devices are started before other work may run. */
const SLICE = 250;

export interface RunnerDependencies {
  readonly gateway: () => DeviceGateway;
  readonly twins: Twins;
  readonly endpoints: Endpoints;
  readonly waiters: DeviceWaiters;
  readonly archive: JobArchive;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the next operation on a device must wait, by the tier. */
  readonly reserveOperationMs: () => number;
}

/** Runs a job on all of its devices in parallel until each has ended or the maximum execution time has elapsed. */
export class JobRunner {
  readonly #dependencies: RunnerDependencies;
  readonly #job: JobRecord;
  readonly #task: JobTask;
  readonly #rows: JobRows;
  readonly #deadlineMs: number;
  readonly #slots = new Slots(MAX_AT_WORK);
  /** Functions that end the wait for a device, by row index. */
  readonly #stopWaiting = new Map<number, () => void>();
  /** Aborts when no more work may be started. */
  readonly #over = new AbortController();
  #isStopped = false;
  #onEnd: () => void = () => undefined;

  constructor(dependencies: RunnerDependencies, job: JobRecord, task: JobTask, rows: JobRows) {
    this.#dependencies = dependencies;
    this.#job = job;
    this.#task = task;
    this.#rows = rows;
    const elapsedMs = dependencies.clock.nowMs() - (job.runningSinceMs ?? job.createdMs);
    this.#deadlineMs = dependencies.clock.monotonicMs() + Math.max(0, job.maxExecutionSeconds * 1000 - elapsedMs);
  }

  /** Stops without further work; the rows keep their state for the next start of the hub. */
  stop(): void {
    this.#isStopped = true;
    this.#beginNoMore();
    this.#onEnd();
  }

  /** Resolves once every row has ended, or after `stop`. */
  async run(): Promise<void> {
    this.#endInterrupted();
    const finished = new Promise<void>((resolve) => (this.#onEnd = resolve));
    const timer = this.#dependencies.clock.schedule(this.#remainingMs(), () => this.#timeOut());
    try {
      this.#endIfDone();
      await Promise.all([finished, this.#beginAll()]);
    } finally {
      timer.cancel();
    }
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted || this.#rows.openCount === 0;
  }

  #remainingMs(): number {
    return Math.max(0, this.#deadlineMs - this.#dependencies.clock.monotonicMs());
  }

  /**
   * Ends calls that were in flight when the hub was killed: their outcome is unknown, and repeating them could do harm.
   */
  #endInterrupted(): void {
    for (let index = 0; index < this.#rows.size; index++) {
      if (this.#rows.status(index) === 'running') this.#end(index, INTERRUPTED);
    }
  }

  async #beginAll(): Promise<void> {
    for (let index = 0; index < this.#rows.size && !this.#isOver; index++) {
      if (index % SLICE === SLICE - 1) await nextTurn();
      if (!this.#rows.isOpen(index)) continue;
      if (this.#mustWait(index)) this.#waitForDevice(index);
      else await this.#dispatch(index, this.#remainingMs());
    }
  }

  #mustWait(index: number): boolean {
    return this.#task.kind === 'method' && !this.#dependencies.gateway().isConnected(this.#target(index));
  }

  #waitForDevice(index: number): void {
    const budgetMs = this.#task.kind === 'method' ? this.#task.connectTimeoutMs : Infinity;
    const givenUpAtMs = this.#dependencies.clock.monotonicMs() + budgetMs;
    const stop = this.#dependencies.waiters.wait(this.#target(index), budgetMs, (isConnected) => {
      this.#stopWaiting.delete(index);
      if (!isConnected) this.#end(index, NOT_ONLINE);
      else void this.#dispatch(index, givenUpAtMs - this.#dependencies.clock.monotonicMs());
    });
    this.#stopWaiting.set(index, stop);
  }

  /** Starts the operation on one device as soon as a slot is free; does not wait for its end. */
  async #dispatch(index: number, connectTimeoutMs: number): Promise<void> {
    await this.#slots.take();
    await this.#pace();
    if (this.#isOver || !this.#rows.isOpen(index)) {
      this.#slots.give();
      return;
    }
    void this.#work(index, connectTimeoutMs).finally(() => this.#slots.give());
  }

  async #pace(): Promise<void> {
    const waitMs = this.#dependencies.reserveOperationMs();
    if (waitMs > 0) await sleep(this.#dependencies.clock, waitMs, this.#over.signal).catch(() => undefined);
  }

  async #work(index: number, connectTimeoutMs: number): Promise<void> {
    const { clock, log } = this.#dependencies;
    this.#rows.start(index, clock.nowMs());
    try {
      this.#end(index, await this.#operate(index, connectTimeoutMs));
    } catch (error) {
      log.error({ jobId: this.#job.jobId, err: messageOf(error) }, 'an operation of a job failed inside the hub');
      this.#end(index, { error: { code: 'ServerError', description: 'The hub failed; see its log.' } });
    }
  }

  async #operate(index: number, connectTimeoutMs: number): Promise<RowOutcome> {
    const { gateway, twins, archive, journal, endpoints } = this.#dependencies;
    if (!endpoints.find(this.#target(index))) return DELETED;
    if (this.#task.kind === 'twin') return updateTwin(twins, this.#target(index), this.#task);
    // Stored before the device is called: after a restart the hub must know which calls may have been made.
    archive.keepRow(this.#job.jobId, index, this.#rows);
    await journal.flush();
    const boundedMs = Math.max(0, Math.min(connectTimeoutMs, this.#task.connectTimeoutMs, this.#remainingMs()));
    return invokeMethod(gateway(), this.#target(index), this.#task, boundedMs);
  }

  #end(index: number, outcome: RowOutcome): void {
    // A late response of a device may find its row ended or the hub closing.
    if (this.#isStopped || !this.#rows.isOpen(index)) return;
    this.#rows.end(index, this.#dependencies.clock.nowMs(), outcome);
    this.#dependencies.archive.keepRow(this.#job.jobId, index, this.#rows);
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#rows.openCount === 0) this.#onEnd();
  }

  #beginNoMore(): void {
    this.#over.abort(new Error('over'));
    this.#slots.open();
    for (const stopWaiting of this.#stopWaiting.values()) stopWaiting();
  }

  #timeOut(): void {
    this.#beginNoMore();
    for (let index = 0; index < this.#rows.size; index++) if (this.#rows.isOpen(index)) this.#end(index, TIMED_OUT);
  }

  #target(index: number) {
    return this.#rows.targets[index] as { readonly deviceId: string; readonly moduleId?: string };
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Admits at most `count` holders at a time; the others wait in order of arrival. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Admits all waiting and later holders without a limit, once no work is started any more. */
  open(): void {
    this.#free = Infinity;
    for (const proceed of this.#waiting.splice(0)) proceed();
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
