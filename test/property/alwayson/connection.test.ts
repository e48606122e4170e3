import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { CHARACTERISTIC, CODE } from '../../../src/alwayson/codec/codes.js';
import { AgentError } from '../../../src/core/errors.js';
import { EdgeThing } from '../../../src/edge/thing.js';
import type { PlatformEnd } from '../../support/edge/platform-end.js';
import { boundRig } from '../../support/edge/rig.js';
import { plainService } from '../../support/edge/things.js';
import { settle } from '../../support/manual-clock.js';

const SERVICES = {
  Answer: () => Promise.resolve('done'),
  Refuse: () => Promise.reject(new AgentError('Forbidden', 'No.')),
  Fail: () => Promise.reject(new Error('defect')),
  Throw: () => {
    throw new Error('at once');
  },
  Hang: () => new Promise(() => undefined),
  Huge: () => Promise.resolve('x'.repeat(1_100_000)),
  WrongType: () => Promise.resolve(42),
} as const;

type Action =
  | { readonly do: 'request'; readonly service: string; readonly times: number }
  | { readonly do: 'garbage'; readonly bytes: Uint8Array }
  | { readonly do: 'lose' }
  | { readonly do: 'wait'; readonly ms: number };

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      service: fc.constantFrom(...Object.keys(SERVICES), 'Unknown'),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('garbage' as const), bytes: fc.uint8Array({ maxLength: 80 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 100, 30_000) }) },
);

describe('a connection, whatever happens on it', () => {
  it('answers each request exactly once unless it is lost, and leaves no request and no timer behind', async () => {
    const services = Object.entries(SERVICES).map(([name, handler]) => plainService(name, handler));
    await fc.assert(
      fc.asyncProperty(fc.array(anyAction, { maxLength: 25 }), async (actions) => {
        const { platform, clock, client } = await boundRig([new EdgeThing({ name: 'Thing1', services })]);
        const asked = new Map<PlatformEnd, Set<number>>();
        const lost = new Set<PlatformEnd>();
        for (const action of actions) {
          const { end } = platform;
          if (action.do === 'wait') await clock.advanceAsync(action.ms);
          else if (lost.has(end)) continue;
          else if (action.do === 'garbage') end.sendRaw(action.bytes);
          else if (action.do === 'lose') {
            lost.add(end);
            platform.peer.hangUp('broken');
          } else {
            const requestId = end.newId();
            asked.set(end, (asked.get(end) ?? new Set()).add(requestId));
            // Only a pending request can be repeated: after its response, the same id belongs to a new request.
            const times = action.service === 'Hang' ? action.times : 1;
            for (let time = 0; time < times; time += 1) ask(end, requestId, action.service);
          }
        }
        await clock.advanceAsync(120_000);
        for (const [end, ids] of asked) {
          const answered = [...ids].map((id) => end.answers.get(id) ?? 0);
          expect(answered.every((times) => times <= 1)).toBe(true);
          if (!lost.has(end)) expect(answered.every((times) => times === 1)).toBe(true);
        }
        expect(client.status.type).toBe('bound');
        expect(client.requestsInFlight).toBe(0);
        await client.close();
        await settle();
        expect(clock.armed).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

/** Sends a request. Repetitions have the same id, as those of a platform that retries do. */
function ask(end: PlatformEnd, requestId: number, name: string): void {
  const body = {
    kind: 'request',
    entityType: 0x0a,
    entityName: 'Thing1',
    characteristic: CHARACTERISTIC.services,
  } as const;
  end.send(CODE.POST, requestId, { ...body, name, params: null });
}
