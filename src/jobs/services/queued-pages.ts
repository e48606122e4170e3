import { readJob } from '../../iothub/documents.js';
import type { HubDocument } from '../../iothub/ports.js';
import type { JobQueue } from '../environment.js';
import type { PageReader } from './merged-lists.js';

/** Prefixes of the tokens of this list: a position in the queue, or a token of the hub. */
const TOKEN_PREFIX = 'queue:';
const HUB_PREFIX = 'hub:';

/** Lists the jobs of the agent's queue before those of the hub. One instance for each call of a service. */
export class QueuedPages {
  readonly #queue: JobQueue | undefined;
  readonly #type: string | undefined;
  readonly #status: string | undefined;
  readonly #jobIds: readonly string[];
  readonly #documents = new WeakSet<HubDocument>();

  /** @param filter the type and the shown status of the jobs; all if absent. */
  constructor(
    queue: JobQueue | undefined,
    filter: { readonly type?: string | undefined; readonly status?: string | undefined },
  ) {
    this.#queue = queue;
    this.#type = filter.type;
    this.#status = filter.status;
    this.#jobIds = queue?.jobIds ?? [];
  }

  get isEmpty(): boolean {
    return this.#jobIds.length === 0;
  }

  /** Whether a document is from the queue, so that its status is already the one that users see. */
  has(document: HubDocument): boolean {
    return this.#documents.has(document);
  }

  /** Returns a reader for the jobs of the queue, followed by those of `read`. */
  before(read: PageReader): PageReader {
    if (this.isEmpty) return read;
    return async (context, hub, { continuationToken, ...request }) => {
      if (continuationToken?.startsWith(HUB_PREFIX) === true) {
        const hubToken = continuationToken.slice(HUB_PREFIX.length);
        const page = await read(context, hub, {
          ...request,
          ...(hubToken === '' ? {} : { continuationToken: hubToken }),
        });
        return page.continuationToken === undefined
          ? page
          : { ...page, continuationToken: `${HUB_PREFIX}${page.continuationToken}` };
      }
      const start = Number((continuationToken ?? `${TOKEN_PREFIX}0`).slice(TOKEN_PREFIX.length));
      const { items, next } = await this.#page(start, request.pageSize ?? this.#jobIds.length);
      return { items, continuationToken: next < this.#jobIds.length ? `${TOKEN_PREFIX}${next}` : HUB_PREFIX };
    };
  }

  /** Reads up to `size` matching jobs from a position on, and returns the position after them. */
  async #page(start: number, size: number): Promise<{ readonly items: HubDocument[]; readonly next: number }> {
    const items: HubDocument[] = [];
    let next = start;
    while (next < this.#jobIds.length && items.length < size) {
      const document = await this.#queue?.find(this.#jobIds[next] as string);
      next += 1;
      if (!document || !this.#matches(document)) continue;
      this.#documents.add(document);
      items.push(document);
    }
    return { items, next };
  }

  #matches(document: HubDocument): boolean {
    const { type, status } = readJob(document);
    return (this.#type === undefined || type === this.#type) && (this.#status === undefined || status === this.#status);
  }
}
