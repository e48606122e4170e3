import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { expectInvariants, KILLS, Life } from '../../support/rollouts/life.js';
import { deviceId } from '../../support/rollouts/rig.js';

const DEVICES = 40;
const ids = Array.from({ length: DEVICES }, (_, index) => deviceId(index));

describe('a roll-out via direct calls whose agent is killed at any store write or call', () => {
  it('never repeats a call: each device is called once and has succeeded, or has timed out', async () => {
    await fc.assert(
      fc.asyncProperty(KILLS, fc.integer({ min: 0, max: 5000 }), async (given, callMs) => {
        const life = new Life(given, DEVICES);
        const { rig } = life;
        rig.hub.callMs = callMs;
        await rig.driver.start();
        await rig.start('r', { via: 'direct', batchSize: 15 }, { deviceIds: ids });
        await life.restart();
        await life.until(() => life.isFinal('r'));
        const record = await rig.record('r');
        const states = await rig.deviceStates('r');
        for (const id of ids) {
          expect([id, ['succeeded', 'timedOut'].includes(states[id] ?? '')]).toEqual([id, true]);
          expect([id, rig.hub.callsOf(id) <= 1]).toEqual([id, true]);
          if (states[id] === 'succeeded') expect([id, rig.hub.callsOf(id)]).toEqual([id, 1]);
        }
        expect(rig.hub.jobs.size).toBe(0);
        await expectInvariants(life, record);
      }),
      { numRuns: 12 },
    );
  });
});
