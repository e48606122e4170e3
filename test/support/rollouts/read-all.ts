import type { HubCall } from '../local-hub/hub-rest.js';
import type { RestCaller, TableRow } from '../thingworx-rest.js';

/** A hub job as the hub shows it once it has ended. */
export interface EndedJob {
  readonly jobId: string;
  readonly queryCondition: string;
  readonly createdTime: string;
  readonly endTime: string;
}

/** All jobs of a hub, by its service API. */
export async function allJobs(hub: HubCall): Promise<EndedJob[]> {
  const jobs: EndedJob[] = [];
  let continuation: string | undefined;
  do {
    const page = await hub('GET', '/jobs/v2/query', undefined, continuation);
    jobs.push(...(page.body as EndedJob[]));
    ({ continuation } = page);
  } while (continuation !== undefined);
  return jobs;
}

/** All devices of a roll-out, page by page. */
export async function walkDevices(rest: RestCaller, rolloutId: string, maxItems: number): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  let continuationToken: string | null = null;
  do {
    const page = { rolloutId, maxItems, ...(continuationToken === null ? {} : { continuationToken }) };
    const { json } = await rest.invoke('QueryRolloutDevices', page);
    const answer = json as { readonly rows: TableRow[]; readonly continuationToken: string | null };
    rows.push(...answer.rows);
    ({ continuationToken } = answer);
  } while (continuationToken !== null);
  return rows;
}
