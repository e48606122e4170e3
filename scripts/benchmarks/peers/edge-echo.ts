/** An edge on the library's edge model with one service, `Echo`, which returns its text. */
import type * as Library from '../../../src/index.js';
import { peerOptions, serveBenchmark } from './peer.js';

const { EdgeClient, EdgeThing, defineService } = require('../../../dist/index.js') as typeof Library;

function main(): void {
  const { url, appKey } = peerOptions() as { readonly url: string; readonly appKey: string };
  const echo = defineService({
    name: 'Echo',
    description: 'Returns its text.',
    parameters: { text: { baseType: 'STRING', description: 'The text.', isRequired: true } },
    result: { baseType: 'STRING' },
    run: ({ text }) => Promise.resolve(text),
  });
  const thing = new EdgeThing({ name: 'Bench', services: [echo] });
  const client = new EdgeClient({ url, appKey, allowInsecure: true });
  client.addThing(thing);
  void client.start();
  serveBenchmark(() => ({}));
}

main();
