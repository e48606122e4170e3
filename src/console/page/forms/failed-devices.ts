import type { JobDetails, JobDevice, List } from '../../api/types.js';
import { type ApiClient, pathOf } from '../client/api-client.js';
import { parametersOfJob } from './again.js';

/** What a roll-out takes. */
const MAX_DEVICES = 100_000;
const PAGE = 1000;

/** Parameters of a roll-out that repeats a job for the devices that failed or refused. */
export async function failedDevices(
  api: ApiClient,
  hub: string,
  jobId: string,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const path = `jobs/${pathOf(hub, jobId)}`;
  const job = await api.get<JobDetails>(path, {}, signal);
  const { maxExecutionTimeInSeconds: _ofJob, queryCondition: _all, ...values } = parametersOfJob(job);
  const deviceIds: string[] = [];
  for (const state of ['failed', 'refused']) {
    let cursor: string | null = null;
    do {
      const query = { state, limit: PAGE, cursor: cursor ?? undefined };
      const page: List<JobDevice> = await api.get(`${path}/devices`, query, signal);
      deviceIds.push(...page.items.map(({ deviceId }) => deviceId));
      cursor = page.cursor;
    } while (cursor !== null && deviceIds.length < MAX_DEVICES);
  }
  return {
    ...values,
    deviceIds: [...new Set(deviceIds)],
    description: `Retry of the devices that failed in the job ${jobId}`,
  };
}
