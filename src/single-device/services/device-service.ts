import type { HubPort } from '../../iothub/ports.js';
import type { Guards } from '../../jobs/guards.js';
import type { MessageLimits } from '../../jobs/result-size.js';
import { type DefinedService, defineService, type ParameterSpec, type ServiceSpec } from '../../edge/define-service.js';
import type { ResultDefinition } from '../../edge/definitions.js';
import type { HubRight, HubService } from '../../jobs/services/job-service.js';
import { AZURE_IOT_DEVICE } from '../data-shapes.js';

/** The dependencies of the services for one device of one Thing. */
export interface SingleDeviceEnvironment {
  readonly hub: HubPort;
  readonly guards: Guards;
  readonly messageLimits: MessageLimits;
  readonly parsesConditions: boolean;
  /** `services.timeoutSeconds`: the deadline of each call. */
  readonly timeoutSeconds: number;
  /** `services.showDeviceKeys`. */
  readonly showsDeviceKeys: boolean;
}

/** A service for one device, under its short name. */
export interface DeviceService extends DefinedService<SingleDeviceEnvironment>, HubService {
  /** Whether it changes identities, so that `services.deviceManagement` must be set. */
  readonly isManagement: boolean;
}

type DeviceServiceSpec<P extends Readonly<Record<string, ParameterSpec>>> = Omit<
  ServiceSpec<P, SingleDeviceEnvironment>,
  'category'
> & {
  readonly needs: readonly HubRight[];
  readonly isManagement?: boolean;
  /** For a name of PTC's connector: the short name of the service that it stands for. */
  readonly aliasOf?: string;
};

/** Defines a service for one device, in the category of these services, with the full name derived from the short one. */
export function defineDeviceService<const P extends Readonly<Record<string, ParameterSpec>>>(
  spec: DeviceServiceSpec<P>,
): DeviceService {
  const { needs, isManagement = false, aliasOf, ...service } = spec;
  return {
    ...defineService<P, SingleDeviceEnvironment>({ ...service, category: 'Azure IoT Hub devices' }),
    needs,
    isManagement,
    fullName: aliasOf === undefined ? fullNameOf(service.name) : service.name,
    ...(aliasOf === undefined ? {} : { aliasOf }),
  };
}

const fullNameOf = (name: string): string => `AzureIotDevice${name.replace(/Devices?/, '')}`;

export const DEVICES: ResultDefinition = {
  baseType: 'INFOTABLE',
  description: 'One row of AzureIotDevice; no row if the hub does not know the device',
  dataShape: AZURE_IOT_DEVICE,
};

export const ONE_DEVICE: ResultDefinition = { ...DEVICES, description: 'One row of AzureIotDevice' };

export const ALWAYS_TRUE: ResultDefinition = { baseType: 'BOOLEAN', description: 'Always true' };
