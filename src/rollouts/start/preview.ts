import { type CallContext, sideBySide, startPart } from '../../core/call-context.js';
import { isAgentError } from '../../core/errors.js';
import { literal } from '../../hub-query/literal.js';
import { targetQuery } from '../../jobs/conditions.js';
import { countTargets } from '../../jobs/guards.js';
import { type Batch, MAX_BATCHES } from '../plan/batches.js';
import type { CheckedDefinition } from '../definition/read-definition.js';
import type { StartArguments } from '../definition/parameters.js';
import { listedTargets, targetsOf, walkFields } from '../definition/targets.js';
import { idCondition, MAX_QUERY_LENGTH, splitIds, targetIds } from '../plan/id-conditions.js';
import {
  checkedDefinition,
  countCanary,
  countDevices,
  guardDevices,
  needsApproval,
  planOrRefuse,
  requireFutureEnd,
} from './planning.js';
import type { RolloutDefinition } from '../records/records.js';
import type { RolloutServiceEnvironment } from '../services/rollout-service.js';
import { queryConnections, targetOfRow } from '../driver/steps/device-queries.js';
import { Windows } from '../plan/windows.js';

export interface RolloutPreview {
  readonly deviceCount: number;
  readonly connectedCount: number | null;
  readonly disconnectedCount: number | null;
  /** At most the first `MAX_BATCHES`. */
  readonly batches: readonly { readonly batch: number; readonly size: number; readonly jobs: number }[];
  readonly batchCount: number;
  readonly jobCount: number;
  /** Minimum time that the tier of the hub needs for the devices, plus the soak between batches. */
  readonly estimatedSeconds: number;
  readonly needsApproval: boolean;
  /** The open window, otherwise the next one, as ISO text. */
  readonly nextWindow: { readonly start: string; readonly end: string } | null;
}

interface Connections {
  readonly connectedCount: number | null;
  readonly disconnectedCount: number | null;
}

const UNKNOWN: Connections = { connectedCount: null, disconnectedCount: null };
/** Time reserved for the response while connections are counted. */
const ANSWER_RESERVE_MS = 1500;
/** Number of devices whose ids are used to estimate how many fit one hub job. */
const SAMPLE_SIZE = 100;

/**
 * Returns what StartRollout would do.
 * @throws AgentError as StartRollout does for its parameters; as the hub port if the devices of a condition cannot be counted.
 */
export async function previewRollout(
  env: RolloutServiceEnvironment,
  context: CallContext,
  args: StartArguments,
): Promise<RolloutPreview> {
  const checked = await checkedDefinition(env, context, args);
  requireFutureEnd(checked.definition, context.clock.nowMs());
  const found = checked.deviceIds
    ? await previewList(env, context, listedTargets(checked.definition, checked.deviceIds))
    : await previewCondition(env, context, checked);
  const { deviceCount, jobsOf, ...connections } = found;
  guardDevices(env.guards, deviceCount);
  const plan = planOrRefuse(checked, deviceCount, await countCanary(env, context, checked, deviceCount));
  const isDirect = checked.definition.via === 'direct';
  const batches = plan.map((batch) => ({ batch: batch.batch, size: batch.size, jobs: isDirect ? 0 : jobsOf(batch) }));
  return {
    deviceCount,
    ...connections,
    batches: batches.slice(0, MAX_BATCHES),
    batchCount: batches.length,
    jobCount: batches.reduce((sum, { jobs }) => sum + jobs, 0),
    estimatedSeconds: estimate(env, checked.definition, plan),
    needsApproval: needsApproval(env.guards, deviceCount),
    nextWindow: nextWindow(checked.definition, context.clock.nowMs()),
  };
}

interface Found extends Connections {
  readonly deviceCount: number;
  readonly jobsOf: (batch: Batch) => number;
}

/** The plan for a list of devices: exact, and independent of the hub. */
async function previewList(
  env: RolloutServiceEnvironment,
  context: CallContext,
  deviceIds: readonly string[],
): Promise<Found> {
  const limits = jobLimits(env);
  return {
    deviceCount: deviceIds.length,
    jobsOf: ({ start, size }) => splitIds(deviceIds.slice(start, start + size), limits).length,
    ...(await whileThereIsTime(context, async (part) => {
      const connections = [...(await queryConnections(part, env.hub.lane('spare'), deviceIds)).values()];
      const connectedCount = connections.filter((isConnected) => isConnected).length;
      return { connectedCount, disconnectedCount: connections.length - connectedCount };
    })),
  };
}

async function previewCondition(
  env: RolloutServiceEnvironment,
  context: CallContext,
  checked: CheckedDefinition,
): Promise<Found> {
  const hub = env.hub.lane('user');
  const targets = targetsOf(checked.definition);
  // All queries are built before the first is sent, so that a condition that is too long causes no request.
  const connected = targetQuery(targets, 'COUNT() AS numberOfTargets', "connectionState = 'Connected'");
  const sampleQuery = targetQuery(targets, walkFields(targets));
  const [deviceCount, sample] = await sideBySide<[number, readonly string[]]>(context, [
    (part) => countDevices(env, part, checked),
    async (part) => {
      const { items } = await hub.query(part, { query: sampleQuery, pageSize: SAMPLE_SIZE });
      return items.map((item) => targetOfRow(item, targets.isForModules)).filter((target) => target !== undefined);
    },
  ]);
  const perJob = devicesPerJob(sample.slice(0, SAMPLE_SIZE), jobLimits(env).maxDevices ?? Infinity);
  return {
    deviceCount,
    jobsOf: ({ size }) => Math.ceil(size / perJob),
    ...(await whileThereIsTime(context, async (part) => {
      const connectedCount = Math.min(await countTargets(part, hub, connected), deviceCount);
      return { connectedCount, disconnectedCount: deviceCount - connectedCount };
    })),
  };
}

/** Returns the counts of connections, or `null` for both if quota or time do not allow them. */
async function whileThereIsTime(
  context: CallContext,
  count: (part: CallContext) => Promise<Connections>,
): Promise<Connections> {
  const part = startPart(context, { reserveMs: ANSWER_RESERVE_MS });
  try {
    return await count(part);
  } catch (error) {
    if (!isAgentError(error) || context.signal.aborted) throw error;
    return UNKNOWN;
  } finally {
    part.dispose();
  }
}

const jobLimits = ({ guards }: RolloutServiceEnvironment): { readonly maxDevices?: number } =>
  guards.maxDevicesPerJob === undefined ? {} : { maxDevices: guards.maxDevicesPerJob };

function devicesPerJob(sample: readonly string[], limit: number): number {
  if (sample.length === 0) return Math.max(1, Math.min(limit, SAMPLE_SIZE));
  const characters = sample.reduce((sum, target) => sum + literal(targetIds(target).deviceId).length + 1, 0);
  const fitting = Math.floor(
    (MAX_QUERY_LENGTH - (idCondition(sample).length - characters)) / (characters / sample.length),
  );
  return Math.max(1, Math.min(fitting, limit));
}

function estimate(
  { hub }: RolloutServiceEnvironment,
  { soakSeconds, via }: RolloutDefinition,
  plan: readonly Batch[],
): number {
  const rate = hub.deviceOperationsPerSecond;
  const devices = plan.reduce((sum, { size }) => sum + size, 0);
  const work = Number.isFinite(rate) && via !== 'direct' ? Math.ceil(devices / rate) : 0;
  return work + Math.max(0, plan.length - 1) * soakSeconds;
}

function nextWindow(
  { windows, timeZone, startTimeMs = 0 }: RolloutDefinition,
  nowMs: number,
): RolloutPreview['nextWindow'] {
  const openings = new Windows(windows, timeZone);
  const fromMs = Math.max(nowMs, startTimeMs);
  const opening = openings.openAt(fromMs) ?? openings.nextAfter(fromMs);
  if (!opening) return null;
  return { start: new Date(opening.startMs).toISOString(), end: new Date(opening.endMs).toISOString() };
}
