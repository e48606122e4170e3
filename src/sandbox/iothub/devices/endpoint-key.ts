import type { EndpointId } from '../ports.js';

/** The MQTT client id of a device (`<device>`) or module (`<device>/<module>`), which is also a good key of a map. */
export function endpointKey(id: EndpointId): string {
  return id.moduleId === undefined ? id.deviceId : `${id.deviceId}/${id.moduleId}`;
}

/** The device or module of an MQTT client id; `undefined` for a text that is no client id. */
export function endpointOfClientId(clientId: string): EndpointId | undefined {
  const [deviceId, moduleId, ...more] = clientId.split('/');
  if (!deviceId || moduleId === '' || more.length > 0) return undefined;
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
}
