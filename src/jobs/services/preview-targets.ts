import { type CallContext, sideBySide } from '../../core/call-context.js';
import { dateOf, find, textOf } from '../../iothub/documents.js';
import type { HubDocument, HubOperations } from '../../iothub/ports.js';
import { checkCondition, targetQuery, type Targets } from '../conditions.js';
import { EmptyPageCounter } from '../empty-pages.js';
import { countTargets } from '../guards.js';
import type { JobEnvironment } from '../environment.js';
import { optional, QUERY_CONDITION } from '../parameters.js';
import { defineJobService } from './job-service.js';

interface TargetsPreview {
  readonly deviceCount: number;
  readonly connectedCount: number;
  readonly disconnectedCount: number;
  readonly sample: readonly TargetSample[];
  /** The minimum duration of a job on these devices, given the tier of the hub. */
  readonly estimatedSeconds: number;
}

interface TargetSample {
  readonly deviceId: string | null;
  /** Only if the condition is for modules. */
  readonly moduleId?: string | null;
  readonly connectionState: string | null;
  /** ISO text; `null` for a device that was never active. */
  readonly lastActivityTime: string | null;
}

const DEFAULT_SAMPLE_SIZE = 10;
const MAX_SAMPLE_SIZE = 100;

export const previewTargetsService = defineJobService({
  name: 'PreviewTargets',
  description:
    'Returns how many devices a condition selects, a sample of them, and the minimum duration of a job on them',
  needs: 'service connect',
  isReadOnly: true,
  parameters: {
    queryCondition: QUERY_CONDITION,
    sampleSize: optional({
      baseType: 'INTEGER',
      description: `Number of devices in the sample: 1 to ${MAX_SAMPLE_SIZE}, default ${DEFAULT_SAMPLE_SIZE}`,
      minimum: 1,
      maximum: MAX_SAMPLE_SIZE,
    }),
  },
  result: {
    baseType: 'JSON',
    description:
      '{deviceCount, connectedCount, disconnectedCount, sample: [{deviceId, connectionState, lastActivityTime}], estimatedSeconds}',
  },
  run: ({ queryCondition, sampleSize = DEFAULT_SAMPLE_SIZE }, context, env) =>
    previewTargets(env, context, checkCondition(queryCondition, env.parsesConditions), sampleSize),
});

async function previewTargets(
  env: JobEnvironment,
  context: CallContext,
  targets: Targets,
  sampleSize: number,
): Promise<TargetsPreview> {
  const hub = env.hub.lane('user');
  // All queries are built before the first is sent, so that a condition that is too long causes no request.
  const all = targetQuery(targets, 'COUNT() AS numberOfTargets');
  const connected = targetQuery(targets, 'COUNT() AS numberOfTargets', "connectionState = 'Connected'");
  const fields = `deviceId, ${targets.isForModules ? 'moduleId, ' : ''}connectionState, lastActivityTime`;
  const query = targetQuery(targets, fields);
  const [deviceCount, connectedCount, sample] = await sideBySide<[number, number, HubDocument[]]>(context, [
    (part) => countTargets(part, hub, all),
    (part) => countTargets(part, hub, connected),
    (part) => readSample(part, hub, query, sampleSize),
  ]);
  const rate = env.hub.deviceOperationsPerSecond;
  return {
    deviceCount,
    connectedCount: Math.min(connectedCount, deviceCount),
    disconnectedCount: Math.max(0, deviceCount - connectedCount),
    sample: sample.map((document) => sampleOf(document, targets.isForModules)),
    estimatedSeconds: Number.isFinite(rate) ? Math.ceil(deviceCount / rate) : 0,
  };
}

async function readSample(
  context: CallContext,
  hub: HubOperations,
  query: string,
  size: number,
): Promise<HubDocument[]> {
  const sample: HubDocument[] = [];
  const emptyPages = new EmptyPageCounter();
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await hub.query(context, { query, pageSize: size, ...token });
    emptyPages.count(page);
    sample.push(...page.items.slice(0, size - sample.length));
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined && sample.length < size);
  return sample;
}

function sampleOf(document: HubDocument, isForModules: boolean): TargetSample {
  return {
    deviceId: textOf(find(document, 'deviceId')) ?? null,
    ...(isForModules ? { moduleId: textOf(find(document, 'moduleId')) ?? null } : {}),
    connectionState: textOf(find(document, 'connectionState')) ?? null,
    lastActivityTime: dateOf(find(document, 'lastActivityTime'))?.toISOString() ?? null,
  };
}
