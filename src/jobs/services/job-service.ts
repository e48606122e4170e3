import { type DefinedService, defineService, type ParameterSpec, type ServiceSpec } from '../../edge/define-service.js';
import type { ResultDefinition, ServiceDefinition } from '../../edge/definitions.js';
import { AZURE_DEVICE_JOB } from '../data-shapes.js';
import type { JobEnvironment } from '../environment.js';

/** A right of a shared access policy of IoT Hub, or of an equal role of Entra ID. */
export type HubRight = 'registry read' | 'registry write' | 'service connect';

/** A service of the hub Thing, under its short name. */
export interface HubService {
  readonly definition: ServiceDefinition;
  /** The rights that the agent's policy must grant for it. */
  readonly needs: HubRight | readonly HubRight[];
  /** Its full name, if that is not the short name with the common prefix. */
  readonly fullName?: string;
  /** For a second service under a name of its own: the short name of the service that it stands for. */
  readonly aliasOf?: string;
  /** Whether it changes device identities, which `services.deviceManagement` must allow. */
  readonly isManagement?: boolean;
}

export interface JobService extends DefinedService<JobEnvironment>, HubService {
  /** The right that the agent's policy must grant for it. */
  readonly needs: HubRight;
}

type JobServiceSpec<P extends Readonly<Record<string, ParameterSpec>>> = Omit<
  ServiceSpec<P, JobEnvironment>,
  'category'
> & { readonly needs: HubRight };

/** Defines a service of the hub Thing. */
export function defineJobService<const P extends Readonly<Record<string, ParameterSpec>>>(
  spec: JobServiceSpec<P>,
): JobService {
  const { needs, ...service } = spec;
  return { ...defineService<P, JobEnvironment>({ ...service, category: 'Azure IoT Hub device jobs' }), needs };
}

export const JOBS: ResultDefinition = {
  baseType: 'INFOTABLE',
  description: 'Rows of AzureDeviceJob',
  dataShape: AZURE_DEVICE_JOB,
};

export const ONE_JOB: ResultDefinition = { ...JOBS, description: 'One row of AzureDeviceJob' };

export const THE_JOB_ID: ResultDefinition = { baseType: 'STRING', description: 'The id of the job' };
