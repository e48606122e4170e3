import type { Service } from '../../../src/edge/definitions.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import type { HubPort } from '../../../src/iothub/ports.js';
import { createJobServices } from '../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../src/jobs/environment.js';
import { withDeadline } from './callers.js';

const RETRY = { baseMs: 20, capMs: 60, smallestAttemptMs: 60, random: Math.random };

/** The job services over a hub at an address, with short pauses between attempts. */
export function servicesAt(
  hub: { readonly address: string; readonly connectionString: string },
  options: { readonly ca: string; readonly timeoutMs: number },
): { readonly port: HubPort; readonly services: Service[] } {
  const port = openHub({
    credentials: { connectionString: hub.connectionString },
    address: hub.address,
    ca: options.ca,
    tier: 'unlimited',
    units: 1,
    retry: RETRY,
  });
  const services = createJobServices(jobEnvironment({ hub: port, thing: 'AzureIotHub' }));
  return { port, services: withDeadline(services, options.timeoutMs) };
}
