import type { DataShapeDefinition, EventDefinition, PropertyDefinition } from '../edge/definitions.js';
import { AZURE_IOT_ROLLOUT, AZURE_IOT_ROLLOUT_EVENT } from './rows.js';

/** The event that reports every change of a roll-out. */
export const ROLLOUT_CHANGED = 'AzureIotRolloutChanged';

export const ROLLOUT_EVENTS: readonly EventDefinition[] = [
  {
    name: ROLLOUT_CHANGED,
    description: 'A roll-out that was started through this Thing has changed its state, or one of its batches has',
    dataShape: AZURE_IOT_ROLLOUT_EVENT,
  },
];

/** Maximum number of rows of `activeRollouts`. */
export const MAX_ACTIVE_ROLLOUTS = 100;

/** What the Thing pushes about roll-outs; all read-only. */
export const ROLLOUT_PROPERTIES: readonly PropertyDefinition[] = [
  {
    name: 'activeRolloutCount',
    baseType: 'INTEGER',
    description: 'Number of roll-outs of the hub that have not ended',
    isReadOnly: true,
    pushType: 'VALUE',
  },
  {
    name: 'activeRollouts',
    baseType: 'INFOTABLE',
    description: `These roll-outs, at most ${MAX_ACTIVE_ROLLOUTS}, the newest first, without their JSON fields`,
    isReadOnly: true,
    pushType: 'VALUE',
    dataShape: AZURE_IOT_ROLLOUT,
  },
  {
    name: 'queuedJobCount',
    baseType: 'INTEGER',
    description: 'Number of jobs that wait in the queue of the agent for the hub to have a place',
    isReadOnly: true,
    pushType: 'VALUE',
  },
];

export const ROLLOUT_DATA_SHAPES: readonly DataShapeDefinition[] = [AZURE_IOT_ROLLOUT, AZURE_IOT_ROLLOUT_EVENT];
