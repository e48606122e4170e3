import type { CallContext } from '../core/call-context.js';
import { dateOf, find, textOf } from '../iothub/documents.js';
import type { HubDocument, HubOperations } from '../iothub/ports.js';
import type { PreviewTargetsArguments } from './arguments.js';
import { checkCondition, targetQuery } from './conditions.js';
import { EmptyPageCounter } from './empty-pages.js';
import { countTargets } from './guards.js';
import type { JobEnvironment } from './job-port.js';
import { checkInteger } from './rules.js';
import { sideBySide } from './sub-call.js';

export interface TargetsPreview {
  readonly deviceCount: number;
  readonly connectedCount: number;
  readonly disconnectedCount: number;
  readonly sample: readonly TargetSample[];
  /** How long the tier of the hub needs at least for a job on these devices. */
  readonly estimatedSeconds: number;
}

export interface TargetSample {
  readonly deviceId: string | null;
  /** Only where the condition is for modules. */
  readonly moduleId?: string | null;
  readonly connectionState: string | null;
  /** ISO text; `null` for a device that was never active. */
  readonly lastActivityTime: string | null;
}

const DEFAULT_SAMPLE_SIZE = 10;
const MAX_SAMPLE_SIZE = 100;

/** Counts the devices that a condition selects, before a job is created for them. */
export async function previewTargets(
  env: JobEnvironment,
  context: CallContext,
  args: PreviewTargetsArguments,
): Promise<TargetsPreview> {
  const targets = checkCondition(args.queryCondition, env.parsesConditions);
  const sampleSize =
    checkInteger('sampleSize', args.sampleSize, { minimum: 1, maximum: MAX_SAMPLE_SIZE }) ?? DEFAULT_SAMPLE_SIZE;
  const hub = env.hub.lane('user');
  // All queries are built before the first is sent, so that a condition that is too long costs the hub nothing.
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
