/**
 * The one definition table of the job services: registration, parameter checks, metadata, entity files, documentation and
 * declarations all come from it.
 */
import { type CallContext, remainingMs } from '../core/call-context.js';
import { AgentError } from '../core/errors.js';
import type { ResultDefinition, Service, ServiceDefinition, ServiceParameters } from '../edge/definitions.js';
import { AZURE_DEVICE_JOB, AZURE_DEVICE_JOB_RESULT } from './data-shapes.js';
import type { ServiceSwitches } from './guards.js';
import { unwrapList } from './json-parameters.js';
import type { JobOperations } from './operations.js';
import {
  CONNECT_TIMEOUT,
  CONTINUATION_TOKEN,
  JOB_ID,
  JOB_STATUS,
  JOB_TYPE,
  MAX_ITEMS,
  METHOD_NAME,
  PAGE_MAX_ITEMS,
  PATCH,
  PAYLOAD,
  PAYLOAD_TEXT,
  QUERY,
  QUERY_CONDITION,
  RESPONSE_TIMEOUT,
  SAMPLE_SIZE,
  SCHEDULE_PARAMETERS,
} from './parameters.js';
import { startPart } from './sub-call.js';

/** Precedes the short name of a service in its full name. */
export const FULL_NAME_PREFIX = 'AzureIotDeviceJob';

const CATEGORY = 'Azure IoT Hub device jobs';

type ShortName =
  | 'ScheduleTwinUpdateJob'
  | 'ScheduleDeviceMethodJob'
  | 'GetJob'
  | 'FindJobs'
  | 'CancelJob'
  | 'QueryJobResults'
  | 'QueryJobResultsPage'
  | 'PreviewTargets';

/** A service without the parts that are the same in all. */
type Entry = Pick<ServiceDefinition, 'description' | 'parameters' | 'result'>;

const { startTime, maxExecutionTimeInSeconds, jobId } = SCHEDULE_PARAMETERS;

const THE_JOB_ID: ResultDefinition = { baseType: 'STRING', description: 'The id of the job' };
const JOBS: ResultDefinition = {
  baseType: 'INFOTABLE',
  description: 'Rows of AzureDeviceJob',
  dataShape: AZURE_DEVICE_JOB,
};
const ONE_JOB: ResultDefinition = { ...JOBS, description: 'One row of AzureDeviceJob' };

const TABLE: Readonly<Record<ShortName, Entry>> = {
  ScheduleTwinUpdateJob: {
    description:
      'Schedules a job that updates tags and desired properties of the twins of many devices and returns its id',
    parameters: [PATCH, QUERY_CONDITION, startTime, maxExecutionTimeInSeconds, jobId],
    result: THE_JOB_ID,
  },
  ScheduleDeviceMethodJob: {
    description: 'Schedules a job that calls a direct method on many devices and returns its id',
    parameters: [
      METHOD_NAME,
      PAYLOAD,
      PAYLOAD_TEXT,
      QUERY_CONDITION,
      startTime,
      maxExecutionTimeInSeconds,
      RESPONSE_TIMEOUT,
      CONNECT_TIMEOUT,
      jobId,
    ],
    result: THE_JOB_ID,
  },
  GetJob: {
    description: 'Returns the state of a job, with its counts and its outcome',
    parameters: [JOB_ID],
    result: ONE_JOB,
  },
  FindJobs: {
    description: 'Returns the jobs of the hub, all of them or by type and status',
    parameters: [JOB_TYPE, JOB_STATUS, MAX_ITEMS],
    result: JOBS,
  },
  CancelJob: {
    description: 'Cancels a job that has not started and returns its new state',
    parameters: [JOB_ID],
    result: ONE_JOB,
  },
  QueryJobResults: {
    description: 'Returns the results of jobs on each device, for a query over devices.jobs',
    parameters: [QUERY, MAX_ITEMS],
    result: {
      baseType: 'INFOTABLE',
      description: 'Rows of AzureDeviceJobResult',
      dataShape: AZURE_DEVICE_JOB_RESULT,
    },
  },
  QueryJobResultsPage: {
    description: 'Returns the results of jobs one page at a time, for results of any size',
    parameters: [QUERY, PAGE_MAX_ITEMS, CONTINUATION_TOKEN],
    result: {
      baseType: 'JSON',
      description:
        '{rows: [...], continuationToken}: rows with the fields of AzureDeviceJobResult, dates as ISO text and JSON values as the hub sent them; the token is null after the last page',
    },
  },
  PreviewTargets: {
    description:
      'Returns how many devices a condition selects, some of them, and how long a job on them takes at least',
    parameters: [QUERY_CONDITION, SAMPLE_SIZE],
    result: {
      baseType: 'JSON',
      description:
        '{deviceCount, connectedCount, disconnectedCount, sample: [{deviceId, connectionState, lastActivityTime}], estimatedSeconds}',
    },
  },
};

const SHORT_NAMES = Object.keys(TABLE) as ShortName[];

const definitionOf = (shortName: ShortName, name: string): ServiceDefinition => ({
  name,
  category: CATEGORY,
  ...TABLE[shortName],
});

/** The services under their full names. */
export const JOB_SERVICE_DEFINITIONS: readonly ServiceDefinition[] = SHORT_NAMES.map((shortName) =>
  definitionOf(shortName, fullNameOf(shortName)),
);

/** The same services under their short names, in the same order. */
export const SHORT_JOB_SERVICE_DEFINITIONS: readonly ServiceDefinition[] = SHORT_NAMES.map((shortName) =>
  definitionOf(shortName, shortName),
);

/** The full name of a service given by either name; any other name as it is. */
export function fullNameOf(name: string): string {
  return Object.hasOwn(TABLE, name) ? `${FULL_NAME_PREFIX}${name}` : name;
}

/** Whether `name` is a full or short name of one of the services. */
export function isJobServiceName(name: string): boolean {
  return JOB_SERVICE_DEFINITIONS.some((definition) => definition.name === fullNameOf(name));
}

/** Whether the operator has left a service on; in the lists either name stands for both. */
export function isServiceOn(name: string, switches: ServiceSwitches): boolean {
  const has = (list: readonly string[]): boolean => list.some((listed) => fullNameOf(listed) === fullNameOf(name));
  if (switches.deny && has(switches.deny)) return false;
  return switches.allow === undefined || has(switches.allow);
}

export interface JobServicesOptions extends ServiceSwitches {
  /** `services.shortNames`; true when absent. */
  readonly shortNames?: boolean;
  /** `services.timeoutSeconds` in milliseconds; 25,000 when absent. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 25_000;

type Run = (operations: JobOperations, context: CallContext, parameters: ServiceParameters) => Promise<unknown>;

/** The parameters have been checked by their definitions, so that each is of the type that its operation declares. */
const RUN: Readonly<Record<ShortName, Run>> = {
  ScheduleTwinUpdateJob: (operations, context, parameters) =>
    operations.scheduleTwinUpdate(context, parameters as never),
  ScheduleDeviceMethodJob: (operations, context, parameters) =>
    operations.scheduleDeviceMethod(context, parameters as never),
  GetJob: (operations, context, parameters) => operations.getJob(context, parameters as never),
  FindJobs: (operations, context, parameters) => operations.findJobs(context, parameters as never),
  CancelJob: (operations, context, parameters) => operations.cancelJob(context, parameters as never),
  QueryJobResults: (operations, context, parameters) => operations.queryJobResults(context, parameters as never),
  QueryJobResultsPage: (operations, context, parameters) =>
    operations.queryJobResultsPage(context, parameters as never),
  PreviewTargets: (operations, context, parameters) => operations.previewTargets(context, parameters as never),
};

/** The services with what runs them, under full and (unless left out) short names. */
export function createJobServices(operations: JobOperations, options: JobServicesOptions = {}): Service[] {
  const names = (shortName: ShortName): string[] =>
    options.shortNames === false ? [fullNameOf(shortName)] : [fullNameOf(shortName), shortName];
  return SHORT_NAMES.flatMap((shortName) =>
    names(shortName).map((name) => ({
      definition: definitionOf(shortName, name),
      handler: (context, parameters) => {
        if (!isServiceOn(name, options)) return Promise.reject(switchedOff(name));
        return withinTime(context, options.timeoutMs ?? DEFAULT_TIMEOUT_MS, (part) =>
          RUN[shortName](operations, part, withListsUnwrapped(TABLE[shortName], parameters)),
        );
      },
    })),
  );
}

/** Wrappers package their payloads themselves, so that lists are unwrapped here and not in the operations. */
function withListsUnwrapped({ parameters: definitions }: Entry, parameters: ServiceParameters): ServiceParameters {
  const lists = definitions
    .filter(({ name, baseType }) => baseType === 'JSON' && Object.hasOwn(parameters, name))
    .map(({ name }) => [name, unwrapList(parameters[name])]);
  return lists.length === 0 ? parameters : { ...parameters, ...Object.fromEntries(lists) };
}

async function withinTime<T>(
  context: CallContext,
  timeoutMs: number,
  run: (part: CallContext) => Promise<T>,
): Promise<T> {
  const part = startPart(context, { maxMs: Math.min(timeoutMs, remainingMs(context)) });
  try {
    return await run(part);
  } finally {
    part.dispose();
  }
}

function switchedOff(name: string): AgentError {
  return new AgentError(
    'Forbidden',
    `The service ${name} is switched off in this agent; ask its operator to change services.allow or services.deny.`,
  );
}
