import type { Service } from '../../../src/edge/definitions.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import type { HubPort } from '../../../src/iothub/ports.js';
import { createJobServices } from '../../../src/jobs/catalogue.js';
import { createJobOperations } from '../../../src/jobs/operations.js';

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
  const operations = createJobOperations({ hub: port, thing: 'AzureIotHub' });
  return { port, services: createJobServices(operations, { timeoutMs: options.timeoutMs }) };
}
