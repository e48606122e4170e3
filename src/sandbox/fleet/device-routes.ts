import { type HttpAnswer, json, type Router } from '../http/router.js';

/** Starts and stops devices: the fleet of SDK devices, or the light devices inside the hub. */
export interface DeviceSwitch {
  /** Starts a device; resolves with false for an unknown one. */
  start(deviceId: string): Promise<boolean> | boolean;
  stop(deviceId: string): Promise<boolean> | boolean;
}

/**
 * Adds `POST /sandbox/devices/<id>/stop|start` and `GET /sandbox/devices/calls`.
 * @param calls the direct methods that devices have received.
 */
export function addDeviceRoutes(router: Router, switches: () => readonly DeviceSwitch[], calls: () => object): void {
  const route = (verb: 'start' | 'stop'): void => {
    router.add('POST', `/sandbox/devices/:id/${verb}`, async (request): Promise<HttpAnswer> => {
      const deviceId = request.params['id'] ?? '';
      for (const devices of switches())
        if (await devices[verb](deviceId)) return json(200, { deviceId, online: verb === 'start' });
      return json(404, { error: `there is no simulated device ${deviceId}` });
    });
  };
  route('start');
  route('stop');
  router.add('GET', '/sandbox/devices/calls', () => json(200, calls()));
}
