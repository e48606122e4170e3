import { describe, expect, it } from '@jest/globals';
import type { RequestBody } from '../../../../../src/alwayson/codec/message.js';
import { serveEdgeRequest } from '../../../../../src/sandbox/thingworx/alwayson/edge-requests.js';
import { PlatformThing } from '../../../../../src/sandbox/thingworx/model/thing.js';
import { Things } from '../../../../../src/sandbox/thingworx/model/things.js';
import type { Platform } from '../../../../../src/sandbox/thingworx/platform.js';
import { ManualClock } from '../../../../support/manual-clock.js';

describe('the subscriptions of an edge that does not report its definitions', () => {
  it('are answered after two seconds, and no timer is left', async () => {
    const clock = new ManualClock();
    const things = new Things();
    const thing = new PlatformThing('Edge1', 'RemoteThing');
    things.put(thing);
    const alwaysOn = { learned: () => new Promise<void>(() => undefined) };
    const platform = { clock, things, alwaysOn } as unknown as Platform;
    const request: RequestBody = {
      kind: 'request',
      entityType: 0x0a,
      entityName: 'Edge1',
      characteristic: 2,
      name: 'GetEventSubscriptions',
      params: null,
    };
    const answer = serveEdgeRequest(platform, { has: (one) => one === thing }, request, 3);
    await clock.advanceAsync(2_000);
    expect((await answer)?.rows).toEqual([]);
    expect(clock.armed).toBe(0);
  });
});
