import type { DeviceGateway, EndpointId } from '../ports.js';
import type { LightDevices } from './light-devices.js';

/**
 * Joins two gateways: light devices are reached inside the hub, unless a client has connected under their id;
 * all other devices over the network.
 */
export function joinGateways(network: DeviceGateway, light: LightDevices): DeviceGateway {
  const gatewayOf = (id: EndpointId): DeviceGateway => {
    const isLight = id.moduleId === undefined && light.has(id.deviceId) && !network.isConnected(id);
    return isLight ? light : network;
  };
  return {
    isConnected: (id) => gatewayOf(id).isConnected(id),
    invokeMethod: (id, call) => gatewayOf(id).invokeMethod(id, call),
    notifyDesired: (id, patch, version) => gatewayOf(id).notifyDesired(id, patch, version),
    disconnect: (id) => {
      network.disconnect(id);
      if (id.moduleId === undefined) light.disconnect(id);
    },
    welcome: (id) => {
      if (id.moduleId === undefined) light.welcome(id);
    },
  };
}
