import type { Timer } from '../../../core/clock.js';
import { isAgentError, messageOf } from '../../../core/errors.js';
import { parseCondition } from '../../../hub-query/parse.js';
import type { Store } from '../../../store/store.js';
import { ServiceError } from '../answers/service-error.js';
import { OrderedItems } from '../state/ordered-items.js';
import { hasEnded, jobDocument, type JobDefinition, type JobRecord, type JobStatus } from './job.js';
import { JobRows } from './job-rows.js';
import { taskOf } from './job-request.js';
import { JobRunner, type RunnerDependencies } from './job-runner.js';
import { findTargets } from './target-finder.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const HISTORY_MS = 30 * DAY_MS;
/** Timers cannot be set for longer than 24 days, so a long wait is split into days. */
const MAX_TIMER_MS = DAY_MS;

export interface JobsDependencies extends RunnerDependencies {
  /** How many jobs the tier allows to be queued or running at a time. */
  readonly maxActive: number;
  /** The minimum time that a job stays queued, so that clients can observe the state. */
  readonly startDelayMs: number;
}

/** A job with its state in memory. */
export interface Job {
  record: JobRecord;
  /** Set once the devices have been looked up. */
  rows: JobRows | undefined;
  runner: JobRunner | undefined;
  startTimer: Timer | undefined;
  /** The earliest start, on the monotonic clock. */
  readyAtMs: number;
}

/** All jobs, from the PUT until their history is deleted. */
export class Jobs {
  readonly #dependencies: JobsDependencies;
  readonly #byId = new Map<string, Job>();
  readonly inOrder = new OrderedItems<Job>((job) => job.record.sequence);
  /** Jobs that run or wait to run, in the order of their start. */
  readonly #waiting: Job[] = [];
  #runningCount = 0;
  #nextSequence = 1;
  #isClosed = false;
  readonly #runs = new Set<Promise<void>>();

  constructor(dependencies: JobsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Loads the jobs that an earlier process stored, and resumes them. */
  async load(store: Store): Promise<void> {
    for (const { record, rows } of await this.#dependencies.archive.load(store)) {
      const job = this.#place({ record, rows, runner: undefined, startTimer: undefined, readyAtMs: 0 });
      if (record.status === 'scheduled') this.#awaitStart(job);
      else if (record.status === 'queued') this.#waiting.push(job);
      else if (record.status === 'running') this.#track(this.#run(job));
    }
    this.#startWaiting();
  }

  find(jobId: string): Job | undefined {
    return this.#byId.get(jobId);
  }

  /** The job as the service API shows it. */
  document(job: Job): Record<string, unknown> {
    return jobDocument(job.record, job.rows?.counts);
  }

  /**
   * Adds a job and resolves once it is stored. It starts without further calls.
   * @throws ServiceError JobAlreadyExists, ThrottlingMaxActiveJobCountExceeded
   */
  async create(definition: JobDefinition): Promise<Job> {
    const { clock, journal } = this.#dependencies;
    await journal.checkWritable();
    this.#forgetOld();
    if (this.#byId.has(definition.jobId)) {
      throw new ServiceError('JobAlreadyExists', `A job with ID '${definition.jobId}' already exists.`);
    }
    const nowMs = clock.nowMs();
    const isLater = (definition.startMs ?? nowMs) > nowMs;
    if (!isLater) this.#checkPlace();
    const record: JobRecord = {
      ...definition,
      sequence: this.#nextSequence,
      createdMs: nowMs,
      status: isLater ? 'scheduled' : 'queued',
    };
    const job = this.#place({ record, rows: undefined, runner: undefined, startTimer: undefined, readyAtMs: 0 });
    this.#dependencies.archive.keepJob(record);
    if (isLater) this.#awaitStart(job);
    else this.#enqueue(job);
    await journal.flush();
    return job;
  }

  /**
   * Cancels a job that is not running yet; resolves once that is stored.
   * @throws ServiceError JobNotFound, OperationNotAllowedInCurrentState
   */
  async cancel(jobId: string): Promise<Job> {
    const job = this.#byId.get(jobId);
    if (!job) throw new ServiceError('JobNotFound', `Job ${jobId} does not exist.`);
    await this.#dependencies.journal.checkWritable();
    const { status } = job.record;
    if (status !== 'scheduled' && status !== 'queued') {
      const shown = status[0]?.toUpperCase() + status.slice(1);
      throw new ServiceError('OperationNotAllowedInCurrentState', `Job cannot be cancelled in '${shown}' status.`);
    }
    job.startTimer?.cancel();
    const place = this.#waiting.indexOf(job);
    if (place >= 0) this.#waiting.splice(place, 1);
    this.#change(job, 'cancelled', { endedMs: this.#dependencies.clock.nowMs() });
    await this.#dependencies.journal.flush();
    return job;
  }

  /** Stops all work; the next start of the hub on the same store resumes it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.inOrder.walk()) {
      job.startTimer?.cancel();
      job.runner?.stop();
    }
    await Promise.all(this.#runs);
  }

  #place(job: Job): Job {
    this.#byId.set(job.record.jobId, job);
    this.inOrder.add(job);
    this.#nextSequence = job.record.sequence + 1;
    return job;
  }

  #checkPlace(): void {
    if (this.#runningCount + this.#waiting.length < this.#dependencies.maxActive) return;
    throw new ServiceError(
      'ThrottlingMaxActiveJobCountExceeded',
      `The maximum number of active jobs (${this.#dependencies.maxActive}) is reached (429004). Wait until a job has ended.`,
    );
  }

  #awaitStart(job: Job): void {
    const waitMs = (job.record.startMs ?? 0) - this.#dependencies.clock.nowMs();
    job.startTimer = this.#dependencies.clock.schedule(Math.min(Math.max(0, waitMs), MAX_TIMER_MS), () => {
      if (waitMs > MAX_TIMER_MS) {
        this.#awaitStart(job);
        return;
      }
      job.startTimer = undefined;
      this.#change(job, 'queued');
      this.#enqueue(job);
    });
  }

  /**
   * Queues a job for its start. Never immediately: the PUT must be answered first, and clients must be able to observe
   * the wait.
   */
  #enqueue(job: Job): void {
    const { clock, startDelayMs } = this.#dependencies;
    job.readyAtMs = clock.monotonicMs() + startDelayMs;
    this.#waiting.push(job);
    if (startDelayMs === 0) setImmediate(() => this.#startWaiting());
    else
      job.startTimer = clock.schedule(startDelayMs, () => {
        // A timer may fire up to a millisecond early. Then the start time would seem to be in the future, and no further
        // timer would be set.
        job.readyAtMs = 0;
        this.#startWaiting();
      });
  }

  #startWaiting(): void {
    const nowMs = this.#dependencies.clock.monotonicMs();
    while (!this.#isClosed && this.#runningCount < this.#dependencies.maxActive) {
      const next = this.#waiting[0];
      if (!next || next.readyAtMs > nowMs) return;
      const job = this.#waiting.shift() as Job;
      this.#track(this.#lookUpAndRun(job));
    }
  }

  /** Counts a run against the limit of the tier until it ends; then the next job may start. */
  #track(run: Promise<void>): void {
    this.#runningCount += 1;
    const tracked = run
      .catch((error: unknown) => this.#dependencies.log.error({ err: messageOf(error) }, 'a job failed inside the hub'))
      .finally(() => {
        this.#runningCount -= 1;
        this.#runs.delete(tracked);
        this.#startWaiting();
      });
    this.#runs.add(tracked);
  }

  async #lookUpAndRun(job: Job): Promise<void> {
    const { archive, clock, endpoints } = this.#dependencies;
    try {
      const targets = await findTargets(endpoints, parseCondition(job.record.queryCondition));
      // The job may have been cancelled while its devices were looked up.
      if (job.record.status !== 'queued' || this.#isClosed) return;
      job.rows = new JobRows(targets);
      archive.keepTargets(job.record.jobId, targets);
      this.#change(job, 'running', { runningSinceMs: clock.nowMs(), deviceCount: targets.length });
    } catch (error) {
      if (!isAgentError(error, 'QueryInvalid')) throw error;
      this.#change(job, 'failed', {
        endedMs: clock.nowMs(),
        failureReason: `SQL query parse failed: ${error.message}`,
      });
      await this.#flush();
      return;
    }
    await this.#run(job);
  }

  async #run(job: Job): Promise<void> {
    if (!job.rows) return;
    job.runner = new JobRunner(this.#dependencies, job.record, taskOf(job.record), job.rows);
    await job.runner.run();
    job.runner = undefined;
    if (!this.#isClosed) this.#change(job, 'completed', { endedMs: this.#dependencies.clock.nowMs() });
    await this.#flush();
  }

  #change(job: Job, status: JobStatus, more: Partial<JobRecord> = {}): void {
    job.record = { ...job.record, ...more, status };
    this.#dependencies.archive.keepJob(job.record);
  }

  /** A job must continue even if the disk is full: the journal logs the failure and keeps what it could not write. */
  async #flush(): Promise<void> {
    await this.#dependencies.journal.flush().catch(() => undefined);
  }

  #forgetOld(): void {
    const oldestMs = this.#dependencies.clock.nowMs() - HISTORY_MS;
    for (const job of this.inOrder.walk()) {
      if (job.record.createdMs > oldestMs) return;
      if (!hasEnded(job.record) || (job.record.endedMs ?? 0) > oldestMs) continue;
      this.#byId.delete(job.record.jobId);
      this.inOrder.remove(job);
      this.#dependencies.archive.forget(job.record.jobId, job.rows);
    }
  }
}
