import type { Service, ServiceHandler } from '../../../src/edge/definitions.js';
import { EdgeThing, type EdgeThingOptions } from '../../../src/edge/thing.js';

/** A service that answers the text it is given. */
export const echoService: Service = {
  definition: {
    name: 'Echo',
    description: 'Answers its text',
    parameters: [{ name: 'text', baseType: 'STRING', description: '', isRequired: true }],
    result: { baseType: 'STRING' },
  },
  handler: (_context, { text }) => Promise.resolve(text),
};

/** A service without parameters that does what the handler does. */
export function plainService(name: string, handler: ServiceHandler): Service {
  return { definition: { name, description: '', parameters: [], result: { baseType: 'STRING' } }, handler };
}

export function echoThing(name = 'Thing1', more: Partial<EdgeThingOptions> = {}): EdgeThing {
  return new EdgeThing({ name, services: [echoService], ...more });
}
