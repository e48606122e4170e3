import type { CallContext } from '../../core/call-context.js';
import { AgentError } from '../../core/errors.js';
import type { CheckedDefinition } from '../definition/read-definition.js';
import { countDevices, guardDevices, needsApproval, needsCount, planOrRefuse } from './planning.js';
import type { RolloutRecord, RolloutDefinition } from '../records/records.js';
import type { RolloutServiceEnvironment } from '../services/rollout-service.js';
import { parseJson } from '../../core/exact-json.js';
import { sameJson } from '../../jobs/same-definition.js';

export interface RolloutToStart extends CheckedDefinition {
  /** As the caller gave it; one is generated if absent. */
  readonly rolloutId?: string | undefined;
  /** The roll-out whose devices are tried again. */
  readonly retryOf?: string;
  /** The parameter that holds the id, for errors. */
  readonly idParameter: 'rolloutId' | 'newRolloutId';
}

/** @throws AgentError `StateRequired` for an agent that would lose the roll-out at its next restart. */
export function requireState({ isDurable }: RolloutServiceEnvironment): void {
  if (isDurable) return;
  throw new AgentError(
    'StateRequired',
    'This agent has no place to keep roll-outs; ask its operator to set stateDir in the configuration.',
  );
}

/**
 * Starts a roll-out once, however often it is asked for, and returns its id when it is in the store.
 * @throws AgentError `RolloutAlreadyExists` when another roll-out has the id, `RolloutLimitReached`, `Forbidden`,
 * `InvalidArgument`; what the hub port throws when the devices must be counted.
 */
export async function startOnce(
  env: RolloutServiceEnvironment,
  context: CallContext,
  rollout: RolloutToStart,
): Promise<string> {
  const { driver, guards } = env;
  const rolloutId = rollout.rolloutId ?? env.newRolloutId();
  const found = rollout.rolloutId === undefined ? undefined : await driver.find(rolloutId);
  if (found) {
    requireSame(found, rollout);
    return rolloutId;
  }
  const isCounted = rollout.deviceIds !== undefined || needsCount(guards);
  const count = isCounted ? await countDevices(env, context, rollout) : undefined;
  if (count !== undefined) guardDevices(guards, count);
  if (rollout.deviceIds) planOrRefuse(rollout, rollout.deviceIds.length);
  const { definition, deviceIds, retryOf } = rollout;
  await driver.create(
    {
      rolloutId,
      thing: env.thing,
      definition,
      ...(deviceIds ? { deviceIds } : {}),
      startMs: Math.max(definition.startTimeMs ?? 0, context.clock.nowMs()),
      ...(count === undefined ? {} : { countedDevices: count }),
      needsApproval: count !== undefined && needsApproval(guards, count),
      ...(retryOf === undefined ? {} : { retryOf }),
    },
    async (existing) => requireSame(existing, rollout),
  );
  return rolloutId;
}

function requireSame({ rolloutId, definition, retryOf }: RolloutRecord, wanted: RolloutToStart): void {
  if (retryOf === wanted.retryOf && isSameRollout(definition, wanted.definition)) return;
  throw new AgentError(
    'RolloutAlreadyExists',
    `Another roll-out has the id ${rolloutId}; leave ${wanted.idParameter} out, or choose another one.`,
    { context: { rolloutId } },
  );
}

/**
 * Whether two calls ask for the same roll-out, after defaults. The order of keys in payload and patch makes no difference;
 * a start time that neither call has given makes none either.
 */
export function isSameRollout(a: RolloutDefinition, b: RolloutDefinition): boolean {
  return (
    sameText(a.payloadText, b.payloadText) && sameText(a.patchText, b.patchText) && comparable(a) === comparable(b)
  );
}

function sameText(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || sameJson(parseJson(a), parseJson(b));
}

/** Everything else as one text, with sorted keys. */
function comparable({ payloadText: _payload, patchText: _patch, ...rest }: RolloutDefinition): string {
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
