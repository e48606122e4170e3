/** The services for one device: the only list of them. */
import type { Service } from '../../edge/definitions.js';
import { type OfferOptions, ServiceList } from '../../jobs/services/service-list.js';
import { AZURE_IOT_DEVICE_WITH_KEYS } from '../data-shapes.js';
import type { DeviceService, SingleDeviceEnvironment } from './device-service.js';
import { createAzureIotDeviceService } from './create-azure-iot-device.js';
import { createDeviceService } from './create-device.js';
import { deleteAzureIotDeviceService } from './delete-azure-iot-device.js';
import { deleteDeviceService } from './delete-device.js';
import { describeAzureIotDeviceService } from './describe-azure-iot-device.js';
import { getDeviceTwinService } from './get-device-twin.js';
import { getDeviceService } from './get-device.js';
import { invokeDeviceMethodService } from './invoke-device-method.js';
import { queryDevicesService } from './query-devices.js';
import { setDeviceStatusService } from './set-device-status.js';
import { updateDeviceTwinService } from './update-device-twin.js';

/** In the order of the documentation. */
export const SINGLE_DEVICE_SERVICES: readonly DeviceService[] = [
  invokeDeviceMethodService,
  getDeviceTwinService,
  updateDeviceTwinService,
  queryDevicesService,
  getDeviceService,
  createDeviceService,
  deleteDeviceService,
  setDeviceStatusService,
  createAzureIotDeviceService,
  deleteAzureIotDeviceService,
  describeAzureIotDeviceService,
];

const SERVICE_LIST = new ServiceList(SINGLE_DEVICE_SERVICES);
const SERVICE_LIST_WITH_KEYS = new ServiceList(
  SINGLE_DEVICE_SERVICES.map((service) => (service === createDeviceService ? withKeys(service) : service)),
);

export interface SingleDeviceOfferOptions extends OfferOptions {
  /** `services.deviceManagement`; default false, which makes the services that change identities refuse every call. */
  readonly deviceManagement?: boolean;
}

/** Creates the services for one device of one Thing. Those that are switched off refuse every call. */
export function createSingleDeviceServices(
  environment: SingleDeviceEnvironment,
  options: SingleDeviceOfferOptions = {},
): Service[] {
  const list = environment.showsDeviceKeys ? SERVICE_LIST_WITH_KEYS : SERVICE_LIST;
  return list.offer(
    ({ handler }) =>
      (context, parameters) =>
        handler(context, parameters, environment),
    options,
    ({ isManagement }) => (isManagement && options.deviceManagement !== true ? 'services.deviceManagement' : undefined),
  );
}

function withKeys(service: DeviceService): DeviceService {
  const { definition } = service;
  const result = {
    ...definition.result,
    description: 'One row of AzureIotDeviceWithKeys',
    dataShape: AZURE_IOT_DEVICE_WITH_KEYS,
  };
  return { ...service, definition: { ...definition, result } };
}
