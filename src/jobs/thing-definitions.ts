import type { EventDefinition, PropertyDefinition } from '../edge/definitions.js';
import { AZURE_DEVICE_JOB, AZURE_DEVICE_JOB_EVENT } from './data-shapes.js';

/** The event that reports every change of a watched job. */
export const JOB_STATUS_CHANGED = 'AzureIotDeviceJobStatusChanged';

export const JOB_EVENTS: readonly EventDefinition[] = [
  {
    name: JOB_STATUS_CHANGED,
    description: 'A job that was scheduled through this Thing has changed its status or outcome',
    dataShape: AZURE_DEVICE_JOB_EVENT,
  },
];

/** The properties that the Thing pushes; all are read-only. */
export const JOB_PROPERTIES: readonly PropertyDefinition[] = [
  {
    name: 'hubStatus',
    baseType: 'STRING',
    description: 'How the hub last responded: connected, throttled, unreachable or unauthorized',
    isReadOnly: true,
    pushType: 'VALUE',
  },
  {
    name: 'agentVersion',
    baseType: 'STRING',
    description: 'The version of the agent',
    isReadOnly: true,
    pushType: 'VALUE',
  },
  {
    name: 'activeJobCount',
    baseType: 'INTEGER',
    description: 'Number of jobs of the hub that are scheduled, pending or running',
    isReadOnly: true,
    pushType: 'VALUE',
  },
  {
    name: 'activeJobs',
    baseType: 'INFOTABLE',
    description: 'These jobs, at most 100, the newest first',
    isReadOnly: true,
    pushType: 'VALUE',
    dataShape: AZURE_DEVICE_JOB,
  },
];

/** Maximum number of rows of `activeJobs`. */
export const MAX_ACTIVE_JOBS = 100;
