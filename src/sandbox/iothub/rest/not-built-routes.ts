import { notBuilt } from '../answers/service-error.js';
import type { ServiceRoute } from './service-route.js';

/** Operations of the real service that the sandbox lacks; a 404 would suggest that the resource does not exist. */
const NOT_BUILT: readonly (readonly [ServiceRoute['method'], string, string])[] = [
  ['POST', '/jobs/create', 'Import and export of identities'],
  ['GET', '/digitaltwins/:id', 'The digital twin API'],
  ['PATCH', '/digitaltwins/:id', 'The digital twin API'],
  ['POST', '/digitaltwins/:id/commands/:command', 'The digital twin API'],
  ['POST', '/digitaltwins/:id/components/:component/commands/:command', 'The digital twin API'],
  ['DELETE', '/devices/:deviceId/commands', 'Purging of cloud-to-device messages'],
  ['POST', '/devices/:deviceId/messages/events', 'Telemetry over HTTPS'],
  ['GET', '/devices/:deviceId/messages/devicebound', 'Cloud-to-device messages over HTTPS'],
  ['POST', '/devices/:deviceId/files', 'File upload'],
  ['POST', '/devices/:deviceId/files/notifications', 'File upload'],
  ['GET', '/messages/serviceBound/feedback', 'Feedback on cloud-to-device messages'],
  ['GET', '/messages/serviceBound/filenotifications', 'File upload notifications'],
];

/** Responds with 501 and a clear text. */
export const notBuiltRoutes = (): ServiceRoute[] =>
  NOT_BUILT.map(([method, pattern, operation]) => ({
    method,
    pattern,
    right: 'ServiceConnect',
    operation: 'free',
    handle: () => {
      throw notBuilt(operation);
    },
  }));
