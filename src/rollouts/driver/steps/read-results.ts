import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import { literal } from '../../../hub-query/literal.js';
import { readJobResult } from '../../../iothub/documents.js';
import type { HubPage } from '../../../iothub/ports.js';
import { isCancelled, isCompleted } from '../../../jobs/outcome.js';
import { type DeviceOutcome, outcomeOfRow } from '../../machine/device-outcome.js';
import type { DeviceRecord, PartRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';
import { endDevices } from './store-outcomes.js';
import { enterPause, returnDevices } from './withdraw-job.js';

const PAGE_SIZE = 1000;
/** Rows may lag behind the end of their job. */
const MISSING_ROWS = { everyMs: 5000, forMs: 60_000 };

/** Reads the results of a job that has ended, page by page; each page is stored as a whole. */
export async function read(work: RolloutWork, context: CallContext, part: PartRecord): Promise<void> {
  const devices = await work.devicesAt(part.positions);
  const positions = new Map<string, number>();
  for (const [at, device] of devices.entries())
    if (device.state === 'running' && device.jobId === part.jobId)
      positions.set(device.deviceId, part.positions[at] as number);
  const query = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = ${literal(part.jobId)}`;
  let continuationToken: string | undefined;
  // An honest hub needs no more pages than there are devices.
  for (let pages = 0; positions.size > 0 && pages <= devices.length; pages += 1) {
    const page = await nextPage(work, context, query, continuationToken);
    const outcomes = outcomesOf(page, positions);
    if (outcomes.size > 0) await endDevices(work, outcomes);
    continuationToken = page.continuationToken;
    if (continuationToken === undefined) break;
  }
  await finish(work, part, devices, [...positions.values()]);
}

/** A row that cannot be read, because it alone is too long, counts as missing, and so does what stands behind it. */
async function nextPage(
  work: RolloutWork,
  context: CallContext,
  query: string,
  continuationToken: string | undefined,
): Promise<HubPage> {
  const token = continuationToken === undefined ? {} : { continuationToken };
  try {
    return await work.env.hub.query(context, { query, pageSize: PAGE_SIZE, ...token });
  } catch (error) {
    if (isAgentError(error, 'ResultTooLarge')) return { items: [] };
    throw error;
  }
}

/** The outcomes of a page by position, each taken out of the positions that are still open. */
function outcomesOf({ items }: HubPage, positions: Map<string, number>): Map<number, DeviceOutcome> {
  const outcomes = new Map<number, DeviceOutcome>();
  for (const item of items) {
    const row = readJobResult(item);
    const position = row.deviceId === undefined ? undefined : positions.get(row.deviceId);
    if (position === undefined || row.moduleId !== undefined || !hasRowEnded(row.status)) continue;
    positions.delete(row.deviceId as string);
    outcomes.set(position, outcomeOfRow(row));
  }
  return outcomes;
}

const OPEN_ROWS: ReadonlySet<string> = new Set(['pending', 'scheduled', 'running', 'queued', 'enqueued']);

const hasRowEnded = (status: string | undefined): boolean => !OPEN_ROWS.has((status ?? '').toLowerCase());

/** @param missing positions without a row. */
async function finish(
  work: RolloutWork,
  part: PartRecord,
  devices: readonly DeviceRecord[],
  missing: readonly number[],
): Promise<void> {
  const { atMs = 0, status = '', deviceCount } = part.ended ?? {};
  const job = { status, counts: {} };
  if (isCancelled(job)) return await finishCancelled(work, part, devices);
  const isNotInHub = deviceCount !== undefined && devices.length - deviceCount === missing.length;
  const waitedMs = work.env.clock.nowMs() - atMs;
  // A clock that was set back must not prolong the wait.
  const mayFollow = !isNotInHub && waitedMs >= 0 && waitedMs < MISSING_ROWS.forMs;
  if (missing.length > 0 && mayFollow) return work.keepPart(part, MISSING_ROWS.everyMs);
  const outcome = missingOutcome(!isCompleted(job), isNotInHub);
  await endDevices(work, new Map(missing.map((position) => [position, outcome])), (edit) => edit.deletePart(part));
  work.countJob(isCompleted(job) ? 'completed' : 'failed');
  work.forgetPart(part, devices);
}

/** What a cancelled job did not do begins again: after a person has cancelled it, not without being told. */
async function finishCancelled(work: RolloutWork, part: PartRecord, devices: readonly DeviceRecord[]): Promise<void> {
  const edit = await work.edit(part.positions);
  returnDevices(edit, part, await work.devicesAt(part.positions));
  edit.deletePart(part);
  enterPause(edit, 'jobCancelled');
  await work.commit(edit);
  work.countJob('cancelled');
  work.forgetPart(part, devices);
}

function missingOutcome(isFailed: boolean, isNotInHub: boolean): DeviceOutcome {
  if (isFailed) return { state: 'failed', errorCode: 'JobFailed', errorDescription: 'The hub job failed as a whole.' };
  if (isNotInHub)
    return { state: 'notFound', errorCode: 'NotInHub', errorDescription: 'The hub has no device with this id.' };
  return {
    state: 'failed',
    errorCode: 'ResultMissing',
    errorDescription: 'The hub job has ended, but the hub has no result for this device.',
  };
}
