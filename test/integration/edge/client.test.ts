import { afterEach, describe, expect, it } from '@jest/globals';
import { CODE } from '../../../src/alwayson/codec/codes.js';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import { EdgeClient } from '../../../src/edge/edge-client.js';
import { SocketPlatform } from '../../support/edge/socket-platform.js';
import { echoThing } from '../../support/edge/things.js';

describe('an edge client over a real socket', () => {
  let platform: SocketPlatform;
  let client: EdgeClient;

  afterEach(async () => {
    await client.close();
    await platform.kill();
  });

  it('authenticates, binds and answers a service call (11.1 to 11.4)', async () => {
    platform = await SocketPlatform.start();
    client = new EdgeClient({ url: platform.url, appKey: 'the-key', allowInsecure: true });
    client.addThing(echoThing());
    await client.start();
    const answer = await platform.end.invoke('Thing1', 'Echo', { text: 'hello wörld' });
    expect(answer.code).toBe(CODE.SUCCESS);
    expect(answer).toMatchObject({ endpointId: 0xbeef, sessionId: 0x01020304, trailingBytes: 0 });
    expect(rowsFromTable(answer.body.content!)).toEqual([{ result: 'hello wörld' }]);
    expect(platform.upgrades[0]?.headers).toMatchObject({ 'max-frame-size': '8192' });
    expect(platform.upgrades[0]?.headers['appkey']).toBeUndefined();
  });
});
