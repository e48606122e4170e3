import { type CallContext, noteChange } from '../../core/call-context.js';
import { AgentError } from '../../core/errors.js';
import { MAX_RECURRING_ID_LENGTH } from '../definition/parameters.js';
import type { CheckedDefinition } from '../definition/read-definition.js';
import { countDevices, guardDevices, needsApproval, needsCount, planOrRefuse, requireFutureEnd } from './planning.js';
import type { RolloutRecord, RolloutDefinition } from '../records/records.js';
import type { RolloutServiceEnvironment } from '../services/rollout-service.js';
import { parseJson } from '../../core/exact-json.js';
import { sameJson } from '../../jobs/same-definition.js';

/** A roll-out that a call asks for. */
export interface RolloutToStart extends CheckedDefinition {
  /** The id that the caller chose; generated if absent. */
  readonly rolloutId?: string | undefined;
  /** The roll-out whose devices are retried. */
  readonly retryOf?: string;
  /** The name of the parameter with the id, for errors. */
  readonly idParameter: 'rolloutId' | 'newRolloutId';
}

/** @throws AgentError `StateRequired` if the store does not outlive a restart. */
export function requireState({ isDurable }: RolloutServiceEnvironment): void {
  if (isDurable) return;
  throw new AgentError(
    'StateRequired',
    'Roll-outs require persistent state, and this agent has none; ask its operator to set stateDir or database in the configuration.',
  );
}

/**
 * Starts a roll-out and returns its id once the store has it. Repeated calls start only one roll-out.
 * @throws AgentError `RolloutAlreadyExists` if another roll-out has the id, `RolloutLimitReached`, `Forbidden`,
 * `InvalidArgument`; as the hub port if the devices must be counted.
 */
export async function startOnce(
  env: RolloutServiceEnvironment,
  context: CallContext,
  rollout: RolloutToStart,
): Promise<string> {
  const { driver, guards } = env;
  const rolloutId = idOf(env, rollout);
  noteChange(context, { rolloutId });
  const found = rollout.rolloutId === undefined ? undefined : await driver.find(rolloutId);
  if (found) {
    requireSame(found, rollout);
    return rolloutId;
  }
  requireFutureEnd(rollout.definition, context.clock.nowMs());
  const isCounted = rollout.deviceIds !== undefined || needsCount(guards);
  const count = isCounted ? await countDevices(env, context, rollout) : undefined;
  if (count !== undefined) guardDevices(guards, count);
  if (rollout.deviceIds) planOrRefuse(rollout, rollout.deviceIds.length);
  const { definition, deviceIds, retryOf } = rollout;
  await driver.create(
    {
      rolloutId,
      thing: env.thing,
      correlationId: context.correlationId,
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

function idOf(env: RolloutServiceEnvironment, { rolloutId, definition }: RolloutToStart): string {
  if (rolloutId !== undefined) return rolloutId;
  const generated = env.newRolloutId();
  return definition.recurrence === undefined ? generated : generated.slice(0, MAX_RECURRING_ID_LENGTH);
}

function requireSame({ rolloutId, definition, retryOf }: RolloutRecord, wanted: RolloutToStart): void {
  if (retryOf === wanted.retryOf && isSameRollout(definition, wanted.definition)) return;
  throw new AgentError(
    'RolloutAlreadyExists',
    `Another roll-out has the id ${rolloutId}; omit ${wanted.idParameter} or choose another one.`,
    { context: { rolloutId } },
  );
}

/** Whether two definitions are the same, apart from the order of keys in payload and patch. */
function isSameRollout(a: RolloutDefinition, b: RolloutDefinition): boolean {
  return (
    sameText(a.payloadText, b.payloadText) && sameText(a.patchText, b.patchText) && comparable(a) === comparable(b)
  );
}

function sameText(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || sameJson(parseJson(a), parseJson(b));
}

/** All other fields as one text with sorted keys. */
function comparable({ payloadText: _payload, patchText: _patch, ...rest }: RolloutDefinition): string {
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
