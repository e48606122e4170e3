import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import { literal } from '../../../hub-query/literal.js';
import { readJobResult } from '../../../iothub/documents.js';
import type { HubPage } from '../../../iothub/ports.js';
import { isCancelled, isCompleted } from '../../../jobs/outcome.js';
import { omitUndefined } from '../../../core/objects.js';
import { targetText } from '../../plan/id-conditions.js';
import { type DeviceOutcome, outcomeOfRow } from '../../machine/device-outcome.js';
import type { DeviceRecord, PartRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { storeOutcomes } from './store-outcomes.js';
import { enterPause, returnDevices } from './withdraw-job.js';

const PAGE_SIZE = 1000;
/** Rows may appear some time after the end of their job. */
const MISSING_ROWS = { everyMs: 5000, forMs: 60_000 };

/** Reads the results of a job that has ended, page by page; the outcomes of a page are stored together. */
export async function readResults(rollout: OpenRollout, context: CallContext, part: PartRecord): Promise<void> {
  const devices = await rollout.devicesAt(part.positions);
  const positions = new Map<string, number>();
  for (const [at, device] of devices.entries())
    if (device.state === 'running' && device.jobId === part.jobId)
      positions.set(device.deviceId, part.positions[at] as number);
  const query = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = ${literal(part.jobId)}`;
  let continuationToken: string | undefined;
  // The bound on pages stops a hub that always announces another page.
  for (let pages = 0; positions.size > 0 && pages <= devices.length; pages += 1) {
    const page = await nextPage(rollout, context, query, continuationToken);
    const outcomes = outcomesOf(page, positions);
    if (outcomes.size > 0) await storeOutcomes(rollout, outcomes);
    continuationToken = page.continuationToken;
    if (continuationToken === undefined) break;
  }
  await finishJob(rollout, part, devices, [...positions.values()]);
}

/** A row that is too long to be read counts as missing, and so do the rows after it. */
async function nextPage(
  rollout: OpenRollout,
  context: CallContext,
  query: string,
  continuationToken: string | undefined,
): Promise<HubPage> {
  const token = continuationToken === undefined ? {} : { continuationToken };
  try {
    return await rollout.env.hub.query(context, { query, pageSize: PAGE_SIZE, ...token });
  } catch (error) {
    if (isAgentError(error, 'ResultTooLarge')) return { items: [] };
    throw error;
  }
}

/** Returns the outcomes of a page by position, and removes these positions from `positions`. */
function outcomesOf({ items }: HubPage, positions: Map<string, number>): Map<number, DeviceOutcome> {
  const outcomes = new Map<number, DeviceOutcome>();
  for (const item of items) {
    const row = readJobResult(item);
    const { deviceId, moduleId } = row;
    const target = deviceId === undefined ? '' : targetText(omitUndefined({ deviceId, moduleId }));
    const position = positions.get(target);
    if (position === undefined || !hasRowEnded(row.status)) continue;
    positions.delete(target);
    outcomes.set(position, outcomeOfRow(row));
  }
  return outcomes;
}

const OPEN_ROWS: ReadonlySet<string> = new Set(['pending', 'scheduled', 'running', 'queued', 'enqueued']);

const hasRowEnded = (status: string | undefined): boolean => !OPEN_ROWS.has((status ?? '').toLowerCase());

/** Ends the job once every device has an outcome. @param missing positions without a row. */
async function finishJob(
  rollout: OpenRollout,
  part: PartRecord,
  devices: readonly DeviceRecord[],
  missing: readonly number[],
): Promise<void> {
  const { atMs = 0, status = '', deviceCount } = part.ended ?? {};
  const job = { status, counts: {} };
  if (isCancelled(job)) return await finishCancelled(rollout, part, devices);
  const isNotInHub = deviceCount !== undefined && devices.length - deviceCount === missing.length;
  const waitedMs = rollout.env.clock.nowMs() - atMs;
  // A clock that was set back must not extend the wait.
  const mayFollow = !isNotInHub && waitedMs >= 0 && waitedMs < MISSING_ROWS.forMs;
  if (missing.length > 0 && mayFollow) return rollout.keepPart(part, MISSING_ROWS.everyMs);
  const outcome = missingOutcome(!isCompleted(job), isNotInHub);
  await storeOutcomes(rollout, new Map(missing.map((position) => [position, outcome])), (transaction) =>
    transaction.deletePart(part),
  );
  rollout.countJob(isCompleted(job) ? 'completed' : 'failed');
  rollout.forgetPart(part, devices);
}

/** Returns the devices of a job that another program has cancelled, and pauses the roll-out, so that a user decides. */
async function finishCancelled(
  rollout: OpenRollout,
  part: PartRecord,
  devices: readonly DeviceRecord[],
): Promise<void> {
  const transaction = await rollout.transaction(part.positions);
  returnDevices(transaction, part, await rollout.devicesAt(part.positions));
  transaction.deletePart(part);
  enterPause(transaction, 'jobCancelled');
  await rollout.commit(transaction);
  rollout.countJob('cancelled');
  rollout.forgetPart(part, devices);
}

function missingOutcome(isFailed: boolean, isNotInHub: boolean): DeviceOutcome {
  if (isFailed) return { state: 'failed', errorCode: 'JobFailed', errorDescription: 'The hub job failed as a whole.' };
  if (isNotInHub)
    return { state: 'notFound', errorCode: 'NotInHub', errorDescription: 'The hub has no device with this id.' };
  return {
    state: 'failed',
    errorCode: 'ResultMissing',
    errorDescription: 'The hub job has ended without a result for this device.',
  };
}
