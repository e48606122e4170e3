import type { DeviceGateway, EndpointId } from '../ports.js';
import type { LightDevices } from './light-devices.js';

/**
 * Two ways to devices as one: light devices are reached inside the hub, unless somebody has connected in their name;
 * everybody else over the network.
 */
export function joinGateways(network: DeviceGateway, light: LightDevices): DeviceGateway {
  const wayTo = (id: EndpointId): DeviceGateway => {
    const isLight = id.moduleId === undefined && light.has(id.deviceId) && !network.isConnected(id);
    return isLight ? light : network;
  };
  return {
    isConnected: (id) => wayTo(id).isConnected(id),
    invokeMethod: (id, call) => wayTo(id).invokeMethod(id, call),
    notifyDesired: (id, patch, version) => wayTo(id).notifyDesired(id, patch, version),
    disconnect: (id) => {
      network.disconnect(id);
      if (id.moduleId === undefined) light.disconnect(id);
    },
    welcome: (id) => {
      if (id.moduleId === undefined) light.welcome(id);
    },
  };
}
