import type { HubDocument } from '../../iothub/ports.js';
import type { JobHistory } from '../history/job-history.js';
import type { PastJob } from '../history/past-job.js';
import { MAX_PAGE_SIZE } from './collect-rows.js';
import type { PageReader } from './merged-lists.js';
import type { StatusSearch } from './status-filter.js';

/** Prefixes of the tokens of this list: a token of the list that precedes the history, or a position in the history. */
const LIST_PREFIX = 'list:';
const PAST_PREFIX = 'past:';

/** The statuses that jobs of the history show. */
const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'unknown']);

/** Lists the jobs of the agent's history after those of the hub, newest first. One instance for each call of a service. */
export class PastPages {
  readonly #history: JobHistory | undefined;
  readonly #isWanted: ((past: PastJob) => boolean) | undefined;
  readonly #past = new WeakMap<HubDocument, PastJob>();

  /** @param filter the type and the shown status of the jobs; all if absent. */
  constructor(
    history: JobHistory | undefined,
    filter: { readonly type?: string | undefined; readonly search?: StatusSearch | undefined },
    nowMs: number,
  ) {
    const { type, search } = filter;
    this.#history = search === undefined || ENDED.has(search.status) ? history : undefined;
    const isWanted = ({ job }: PastJob): boolean =>
      (type === undefined || job.type?.toLowerCase() === type.toLowerCase()) &&
      (search === undefined || search.matches(job, nowMs));
    this.#isWanted = type === undefined && search === undefined ? undefined : isWanted;
  }

  get isEmpty(): boolean {
    return this.#history === undefined;
  }

  /** The past job that a document stands for; undefined for a document of the hub or of the queue. */
  get(document: HubDocument): PastJob | undefined {
    return this.#past.get(document);
  }

  /** Returns a reader for the jobs of `read`, followed by those of the history. */
  after(read: PageReader): PageReader {
    const history = this.#history;
    if (!history) return read;
    return async (context, hub, { continuationToken, ...request }) => {
      if (continuationToken?.startsWith(PAST_PREFIX) === true)
        return await this.#page(history, context.signal, request.pageSize, continuationToken.slice(PAST_PREFIX.length));
      const listToken = continuationToken?.slice(LIST_PREFIX.length);
      const page = await read(context, hub, {
        ...request,
        ...(listToken === undefined ? {} : { continuationToken: listToken }),
      });
      const next = page.continuationToken;
      return { ...page, continuationToken: next === undefined ? PAST_PREFIX : `${LIST_PREFIX}${next}` };
    };
  }

  async #page(history: JobHistory, signal: AbortSignal, size = MAX_PAGE_SIZE, token: string) {
    const page = await history.page({
      size,
      signal,
      continuationToken: token === '' ? undefined : token,
      ...(this.#isWanted ? { isWanted: this.#isWanted } : {}),
    });
    const items = page.jobs.map((past): HubDocument => {
      const document = { jobId: past.job.jobId };
      this.#past.set(document, past);
      return document;
    });
    const next = page.continuationToken;
    return { items, ...(next === undefined ? {} : { continuationToken: `${PAST_PREFIX}${next}` }) };
  }
}
