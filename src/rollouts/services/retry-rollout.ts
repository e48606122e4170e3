import { setImmediate as nextTurn } from 'node:timers/promises';
import { invalidParameter } from '../../edge/parameter-rules.js';
import { guardMethod } from '../../jobs/guards.js';
import { optional } from '../../jobs/parameters.js';
import { listSummary, MAX_DEVICE_IDS } from '../definition/targets.js';
import { choiceFaults } from '../definition/faults.js';
import { type ListRules, readList } from '../definition/json-list.js';
import { type DeviceState, FAILURE_STATES, FINAL_DEVICE_STATES } from '../machine/device-states.js';
import { NEW_ROLLOUT_ID, ROLLOUT_ID } from '../definition/parameters.js';
import { isFinal, type RolloutRecord } from '../records/records.js';
import { stateConflict } from '../driver/commands.js';
import type { RolloutServiceEnvironment } from './rollout-service.js';
import { defineRolloutService, THE_ROLLOUT_ID } from './rollout-service.js';

const RETRIED_STATES = FINAL_DEVICE_STATES.filter((state) => state !== 'succeeded');
/** Devices that are not in the hub or were cancelled are retried only if the caller names these states. */
const DEFAULT_STATES: readonly DeviceState[] = [...FAILURE_STATES, 'expired' as const].filter(
  (state) => state !== 'notFound',
);
const STATES: ListRules = {
  parameter: 'states',
  maxItems: 100,
  itemFaults: (state, path) => choiceFaults(state, path, RETRIED_STATES),
};
/** Number of devices that are read before other calls may run. */
const DEVICES_AT_ONCE = 500;

export const retryRolloutService = defineRolloutService({
  name: 'RetryRollout',
  description:
    'Starts a roll-out with the same parameters for the devices that did not succeed in a roll-out that has ended, and returns its id',
  needs: ['registry write', 'registry read', 'service connect'],
  creates: 'rollout',
  parameters: {
    rolloutId: ROLLOUT_ID,
    states: optional({
      baseType: 'JSON',
      description: `The states of the devices to retry: an array of ${RETRIED_STATES.join(', ')}; all but notFound and cancelled if omitted`,
    }),
    newRolloutId: NEW_ROLLOUT_ID,
  },
  result: THE_ROLLOUT_ID,
  run: async ({ rolloutId, states, newRolloutId }, context, env): Promise<string> => {
    const { requireState, startOnce } = await import('../start/start-once.js');
    requireState(env);
    const wanted = readStates(states);
    const { record } = await env.driver.status(rolloutId);
    if (!isFinal(record)) throw stateConflict(rolloutId, record.state, 'can be retried once it has ended');
    const deviceIds = await idsIn(env, record, wanted);
    const { queryCondition: _condition, selection: _selection, startTimeMs: _start, ...rest } = record.definition;
    if (rest.methodName !== undefined) guardMethod(env.guards, rest.methodName);
    return await startOnce(env, context, {
      definition: { ...rest, deviceIds: listSummary(deviceIds) },
      deviceIds,
      rolloutId: newRolloutId,
      retryOf: rolloutId,
      idParameter: 'newRolloutId',
    });
  },
});

function readStates(given: unknown): ReadonlySet<DeviceState> {
  const list = (readList(given, STATES) ?? []) as readonly DeviceState[];
  return new Set(list.length === 0 ? DEFAULT_STATES : list);
}

/** Returns the devices in these states, in the order of the roll-out. */
async function idsIn(
  { driver }: RolloutServiceEnvironment,
  record: RolloutRecord,
  states: ReadonlySet<DeviceState>,
): Promise<string[]> {
  const ids: string[] = [];
  for await (const { position, device } of driver.devices(record)) {
    if (position % DEVICES_AT_ONCE === 0) await nextTurn();
    if (!states.has(device.state)) continue;
    ids.push(device.deviceId);
    if (ids.length > MAX_DEVICE_IDS)
      throw invalidParameter(
        'states',
        `selects more than ${MAX_DEVICE_IDS.toLocaleString('en')} devices; retry fewer states at a time`,
      );
  }
  if (ids.length === 0)
    throw invalidParameter(
      'states',
      `selects no device: the roll-out ${record.rolloutId} has none in ${[...states].join(', ')}`,
    );
  return ids;
}
