/**
 * The services of the hub Thing: the only list of them. Registration, parameter checks, metadata, entity files,
 * documentation and declarations follow from it.
 */
import type { Service, ServiceDefinition } from '../../edge/definitions.js';
import type { JobEnvironment } from '../environment.js';
import { cancelJobService } from './cancel-job.js';
import { findJobsService } from './find-jobs.js';
import { getJobService } from './get-job.js';
import type { JobService } from './job-service.js';
import { previewTargetsService } from './preview-targets.js';
import { queryJobResultsPageService } from './query-job-results-page.js';
import { queryJobResultsService } from './query-job-results.js';
import { scheduleDeviceMethodJobService } from './schedule-device-method-job.js';
import { scheduleTwinUpdateJobService } from './schedule-twin-update-job.js';
import { type ServiceSwitches, switchOff } from './switches.js';

/** In the order of the documentation. */
export const JOB_SERVICES: readonly JobService[] = [
  scheduleTwinUpdateJobService,
  scheduleDeviceMethodJobService,
  getJobService,
  findJobsService,
  cancelJobService,
  queryJobResultsService,
  queryJobResultsPageService,
  previewTargetsService,
];

/** Precedes the short name of a service in its full name. */
export const FULL_NAME_PREFIX = 'AzureIotDeviceJob';

const SHORT_NAMES: ReadonlySet<string> = new Set(JOB_SERVICES.map(({ definition }) => definition.name));

/** The services under their short names. */
export const SHORT_JOB_SERVICE_DEFINITIONS: readonly ServiceDefinition[] = JOB_SERVICES.map(
  ({ definition }) => definition,
);

/** The same services under their full names, in the same order. */
export const JOB_SERVICE_DEFINITIONS: readonly ServiceDefinition[] = SHORT_JOB_SERVICE_DEFINITIONS.map(
  (definition) => ({ ...definition, name: fullNameOf(definition.name) }),
);

/** The full name of a service given by either name; any other name as it is. */
export function fullNameOf(name: string): string {
  return SHORT_NAMES.has(name) ? `${FULL_NAME_PREFIX}${name}` : name;
}

/** Whether `name` is a full or short name of one of the services. */
export function isJobServiceName(name: string): boolean {
  return JOB_SERVICE_DEFINITIONS.some((definition) => definition.name === fullNameOf(name));
}

/** Whether the operator has enabled a service; in the lists, either of its names means both. */
export function isServiceOn(name: string, { allow, deny }: ServiceSwitches): boolean {
  const has = (list: readonly string[]): boolean => list.some((listed) => fullNameOf(listed) === fullNameOf(name));
  if (deny && has(deny)) return false;
  return allow === undefined || has(allow);
}

export interface JobServicesOptions extends ServiceSwitches {
  /** `services.shortNames`; default true. */
  readonly shortNames?: boolean;
}

/** Creates the services of one Thing, under full and, unless disabled, short names. Disabled ones refuse every call. */
export function createJobServices(environment: JobEnvironment, options: JobServicesOptions = {}): Service[] {
  const services = JOB_SERVICES.flatMap(({ definition, handler }) => {
    const names = [fullNameOf(definition.name), ...(options.shortNames === false ? [] : [definition.name])];
    return names.map((name): Service => ({
      definition: { ...definition, name },
      handler: (context, parameters) => handler(context, parameters, environment),
    }));
  });
  return services.map((service) =>
    isServiceOn(service.definition.name, options) ? service : switchOff(service, 'services.allow or services.deny'),
  );
}
