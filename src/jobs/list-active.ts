import type { CallContext } from '../core/call-context.js';
import type { HubOperations } from '../iothub/ports.js';
import { ActiveJobs } from './active-jobs.js';

/** In the order of a job's life: one that moves on between two calls is seen by the later one. */
const ACTIVE_STATUSES = ['scheduled', 'queued', 'pending', 'running'] as const;
const PAGE_SIZE = 250;
const MAX_PAGES = 40;

/** The jobs of a hub that have not ended, by one list call (or a few pages of it) for each status. */
export async function listActive(context: CallContext, hub: HubOperations): Promise<ActiveJobs> {
  const active = new ActiveJobs();
  for (const status of ACTIVE_STATUSES) {
    let continuationToken: string | undefined;
    let pages = 0;
    do {
      const token = continuationToken === undefined ? {} : { continuationToken };
      const page = await hub.listJobs(context, { status, pageSize: PAGE_SIZE, ...token });
      for (const document of page.items) active.add(document);
      continuationToken = page.continuationToken;
      pages += 1;
    } while (continuationToken !== undefined && pages < MAX_PAGES);
  }
  return active;
}
