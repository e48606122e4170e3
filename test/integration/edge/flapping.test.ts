import { afterEach, describe, expect, it } from '@jest/globals';
import type { ConnectionStatus } from '../../../src/alwayson/session-types.js';
import { EdgeClient } from '../../../src/edge/edge-client.js';
import { SocketPlatform } from '../../support/edge/socket-platform.js';
import { echoThing } from '../../support/edge/things.js';

const ROUNDS = 4;
const PROMISED_MS = 5_000;

let platform: SocketPlatform | undefined;
let client: EdgeClient | undefined;

afterEach(async () => {
  await client?.close();
  await platform?.kill();
});

/** Resolves when this status has occurred `count` times from now on. */
function statuses(of: EdgeClient, type: ConnectionStatus['type'], count: number): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    const onStatus = (status: ConnectionStatus): void => {
      if (status.type !== type) return;
      left -= 1;
      if (left > 0) return;
      of.off('status', onStatus);
      resolve();
    };
    of.on('status', onStatus);
  });
}

describe('a platform that is killed and restarted again and again', () => {
  it('has the Thing bound within 5 s of each restart', async () => {
    platform = await SocketPlatform.start();
    const { port } = platform;
    client = new EdgeClient({ url: platform.url, appKey: 'the-key', allowInsecure: true });
    client.addThing(echoThing());
    await client.start();
    for (let round = 0; round < ROUNDS; round += 1) {
      const lost = statuses(client, 'lost', 3);
      await platform.kill();
      await lost;
      const bound = statuses(client, 'bound', 1);
      platform = await SocketPlatform.start({ port });
      const startMs = performance.now();
      await bound;
      expect(performance.now() - startMs).toBeLessThan(PROMISED_MS);
      expect((await platform.end.invoke('Thing1', 'Echo', { text: 'back' })).code).toBe(0x40);
    }
  }, 120_000);
});
