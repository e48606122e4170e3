import { untilAborted } from '../../core/promises.js';
import type { CallContext } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { HubOperations } from '../../iothub/ports.js';
import { ActiveJobs } from './active-jobs.js';
import { startPart } from '../../core/call-context.js';

/**
 * In the order of a job's life, so that a job whose status changes between two calls is found by the later one. `pending`
 * is missing on purpose: published clients of IoT Hub have no such value, so a hub may refuse it.
 */
export const ACTIVE_STATUSES = ['scheduled', 'queued', 'enqueued', 'running'] as const;

type ActiveStatus = (typeof ACTIVE_STATUSES)[number];

const PAGE_SIZE = 250;
const MAX_PAGES = 40;
/** How long the calls for one status may take, so that one that hangs leaves time for the others. */
const LIST_MS = 8000;
/** A status that the hub has refused is listed again after this time. */
const REFUSED_FOR_MS = 3_600_000;

/** The last refusal of a status that has not been listed since. */
interface Refusal {
  /** On the monotonic clock. */
  readonly atMs: number;
  /** How many lists were read before it. */
  readonly successes: number;
  /** Whether the refusal concerns this status: another one was listed between two refusals of it. */
  readonly isSure: boolean;
}

export interface ActiveListsOptions {
  readonly hub: HubOperations;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the number of running jobs whenever they have been listed. */
  readonly onRunning?: (count: number) => void;
}

/** Reads the active jobs of a hub with one list call for each status, either all of them or the next one in turn. */
export class ActiveLists {
  readonly #options: ActiveListsOptions;
  /** The last list of each status, in the order in which they were read. */
  readonly #lists = new Map<ActiveStatus, ActiveJobs>();
  readonly #refusals = new Map<ActiveStatus, Refusal>();
  /** How many lists were read so far. */
  #successes = 0;
  #turn = 0;

  constructor(options: ActiveListsOptions) {
    this.#options = options;
  }

  /** The jobs of the last list of each status; undefined until there is one for each that the hub does not refuse. */
  get latest(): ActiveJobs | undefined {
    const missing = ACTIVE_STATUSES.filter((status) => !this.#lists.has(status) && !this.#refusals.has(status));
    return missing.length > 0 || this.#lists.size === 0 ? undefined : ActiveJobs.union(this.#lists.values());
  }

  /**
   * Lists every status. Returns the jobs of the lists that could be read.
   * @throws AgentError of the first list when none could be read.
   */
  async readAll(context: CallContext): Promise<ActiveJobs> {
    const read: ActiveJobs[] = [];
    const failures: unknown[] = [];
    for (const status of this.#listable()) {
      if (context.signal.aborted) break;
      try {
        read.push(await this.#read(context, status));
      } catch (error) {
        failures.push(error);
      }
    }
    if (read.length === 0 && failures.length > 0) throw failures[0];
    return ActiveJobs.union(read);
  }

  /** Lists the next status in turn. @throws AgentError as the hub port. */
  async readNext(context: CallContext): Promise<void> {
    const listable = this.#listable();
    let status: ActiveStatus;
    do {
      status = ACTIVE_STATUSES[this.#turn % ACTIVE_STATUSES.length] as ActiveStatus;
      this.#turn += 1;
    } while (!listable.includes(status));
    await this.#read(context, status);
  }

  /** The statuses that the hub has not refused, or not recently. */
  #listable(): readonly ActiveStatus[] {
    const nowMs = this.#options.clock.monotonicMs();
    return ACTIVE_STATUSES.filter((status) => {
      const refusal = this.#refusals.get(status);
      return !refusal?.isSure || nowMs - refusal.atMs >= REFUSED_FOR_MS;
    });
  }

  async #read(context: CallContext, status: ActiveStatus): Promise<ActiveJobs> {
    const part = startPart(context, { maxMs: LIST_MS });
    try {
      const jobs = await this.#readPages(part, status);
      this.#successes += 1;
      this.#refusals.delete(status);
      // Deleted first: the order of the map is the order in which the lists were read.
      this.#lists.delete(status);
      this.#lists.set(status, jobs);
      if (status === 'running') this.#options.onRunning?.(jobs.count);
      return jobs;
    } catch (error) {
      if (isAgentError(error, 'HubRejected')) this.#recordRefusal(status, error);
      throw error;
    } finally {
      part.dispose();
    }
  }

  async #readPages(context: CallContext, status: ActiveStatus): Promise<ActiveJobs> {
    const { hub, clock } = this.#options;
    const jobs = new ActiveJobs();
    let continuationToken: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const token = continuationToken === undefined ? {} : { continuationToken };
      const page = await untilAborted(context.signal, hub.listJobs(context, { status, pageSize: PAGE_SIZE, ...token }));
      for (const document of page.items) jobs.add(document, clock.nowMs());
      continuationToken = page.continuationToken;
      if (continuationToken === undefined) break;
    }
    return jobs;
  }

  #recordRefusal(status: ActiveStatus, error: unknown): void {
    const { clock, log } = this.#options;
    const before = this.#refusals.get(status);
    const isSure = before !== undefined && (before.isSure || this.#successes > before.successes);
    this.#refusals.set(status, { atMs: clock.monotonicMs(), successes: this.#successes, isSure });
    this.#lists.delete(status);
    if (isSure && !before.isSure)
      log.warn(
        { err: error, status },
        'the hub refuses to list the jobs of one status; activeJobs does not include them',
      );
  }
}
