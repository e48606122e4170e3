import { describe, expect, it } from '@jest/globals';
import type { HubState } from '../../../../../src/sandbox/iothub/hub-state.js';
import { notBuiltRoutes } from '../../../../../src/sandbox/iothub/rest/not-built-routes.js';
import type { ServiceRoute } from '../../../../../src/sandbox/iothub/rest/service-route.js';
import { serviceRoutes } from '../../../../../src/sandbox/iothub/servers.js';

/** What a request is matched by: two routes of the same form compete, whatever their parameters are called. */
const formOf = ({ method, pattern }: ServiceRoute): string => `${method} ${pattern.replaceAll(/:\w+/g, ':')}`;

/** One sentence for each route that would never be reached because another one has the same method and path. */
function unreachableRoutes(routes: readonly ServiceRoute[]): string[] {
  const notBuilt = notBuiltRoutes().map(formOf);
  const seen = new Set<string>();
  return routes.flatMap((route) => {
    const form = formOf(route);
    const isRepeated = seen.has(form);
    seen.add(form);
    if (!isRepeated) return [];
    const name = `${route.method} ${route.pattern}`;
    return notBuilt.includes(form)
      ? [`${name} is built: remove it from src/sandbox/iothub/rest/not-built-routes.ts`]
      : [`${name} has two routes: remove one of them`];
  });
}

describe('a route of the local IoT Hub', () => {
  it('is reachable', () => {
    // No handler runs here, so the state is never used.
    expect(unreachableRoutes(serviceRoutes({ state: {} as HubState }))).toEqual([]);
  });

  it('that competes with another one is reported with what to do', () => {
    const route = (method: ServiceRoute['method'], pattern: string): ServiceRoute => ({
      method,
      pattern,
      right: 'RegistryRead',
      operation: 'free',
      handle: () => ({ status: 200 }),
    });
    const [notBuilt] = notBuiltRoutes();
    if (!notBuilt) throw new TypeError('every route is built');
    const { method, pattern } = notBuilt;
    const devices = [route('GET', '/devices/:id'), route('PUT', '/devices/:id'), route('GET', '/devices/:deviceId')];
    expect(unreachableRoutes([...devices, route(method, pattern), notBuilt])).toEqual([
      'GET /devices/:deviceId has two routes: remove one of them',
      `${method} ${pattern} is built: remove it from src/sandbox/iothub/rest/not-built-routes.ts`,
    ]);
  });
});
